#include "config.h"

#include "launch/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/lines.h"
#include "http/nameless.h"

/* The ends of the three channels: [0] is the client's, [1] the run's. */
struct channels {
	int link[2], start[2], words[2];
};

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_side(struct channels *c, enum launch_side side)
{
	int i = side == LAUNCH_RUN;

	close_end(&c->link[i]);
	close_end(&c->start[i]);
	close_end(&c->words[i]);
}

/* The run never waits for its client, which may be stopped. */
static bool open_channels(struct channels *c, bool detach, struct error *err)
{
	bool opened = false;

	*c = (struct channels){{-1, -1}, {-1, -1}, {-1, -1}};
	if (!pipe2(c->start, O_CLOEXEC) &&
		(detach ||
			(!pipe2(c->words, O_CLOEXEC) && !fcntl(c->words[1], F_SETFL, O_NONBLOCK))))
		opened = detach || nameless_open(&c->link[1], &c->link[0], err);
	else
		error_set(err, "cannot start the run as a process of its own: %s", strerror(errno));
	if (opened)
		return true;
	close_side(c, LAUNCH_CLIENT);
	close_side(c, LAUNCH_RUN);
	return false;
}

static void become(struct launch *l, enum launch_side side, struct channels *c)
{
	int i = side == LAUNCH_RUN;

	close_side(c, side == LAUNCH_RUN ? LAUNCH_CLIENT : LAUNCH_RUN);
	l->side = side;
	l->link = c->link[i];
	l->start = c->start[i];
	l->words = c->words[i];
}

static void put_nothing_at(int fd, int flags)
{
	int nothing = open("/dev/null", flags | O_CLOEXEC);

	if (nothing < 0)
		return;
	dup2(nothing, fd);
	if (nothing != fd)
		close(nothing);
}

bool launch_fork(struct launch *l, const struct launch_config *config, struct error *err)
{
	struct channels c;
	pid_t pid;

	*l = (struct launch){.config = *config, .link = -1, .start = -1, .words = -1};
	inherited_note(&l->inherited);
	if (!open_channels(&c, config->detach, err))
		return false;
	say_last(); /* or both would say it */
	pid = fork();
	if (pid < 0) {
		close_side(&c, LAUNCH_CLIENT);
		close_side(&c, LAUNCH_RUN);
		return error_set(
			err, "cannot start the run as a process of its own: %s", strerror(errno));
	}
	become(l, pid ? LAUNCH_CLIENT : LAUNCH_RUN, &c);
	l->run = pid ? pid : getpid();
	/* the writer of the input is to notice that the run does not read it any more */
	if (pid && config->reads_stdin && !isatty(STDIN_FILENO))
		put_nothing_at(STDIN_FILENO, O_RDONLY);
	return true;
}

/* ---- in the run ---- */

static bool is_file(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISREG(st.st_mode);
}

/* Nobody is to wait for the end of an output that the run will not write. A file stays: whoever
 * sent the messages there wants to find them. */
static void leave_terminal(struct launch *l)
{
	say_last();
	setsid();
	if (!l->config.reads_stdin)
		put_nothing_at(STDIN_FILENO, O_RDONLY);
	put_nothing_at(STDOUT_FILENO, O_WRONLY);
	if (!is_file(STDERR_FILENO) && l->words >= 0)
		dup2(l->words, STDERR_FILENO);
	else if (!is_file(STDERR_FILENO))
		put_nothing_at(STDERR_FILENO, O_WRONLY);
	inherited_close(&l->inherited);
}

void launch_begun(struct launch *l, const struct begun *begun)
{
	struct buf line;

	leave_terminal(l);
	buf_init(&line, BEGUN_MAX);
	begun_write(begun, &line);
	io_write_all(l->start, line.data, line.len); /* a client that is killed reads none */
	buf_free(&line);
	close_end(&l->start);
}

/* A pipe without a reader is an error of its writer. */
static void on_client(struct ev_loop *loop, ev_io *w, int events)
{
	struct launch *l = w->data;

	(void)events;
	ev_io_stop(loop, w);
	l->left(l->ctx);
}

void launch_watch_client(struct launch *l, struct ev_loop *loop, void (*left)(void *), void *ctx)
{
	if (l->config.detach)
		return;
	l->left = left;
	l->ctx = ctx;
	ev_io_init(&l->client, on_client, l->words, EV_READ);
	l->client.data = l;
	ev_io_start(loop, &l->client);
}

void launch_close(struct launch *l, struct ev_loop *loop)
{
	if (l->left)
		ev_io_stop(loop, &l->client);
	close_end(&l->link);
	close_end(&l->start);
	close_end(&l->words);
}
