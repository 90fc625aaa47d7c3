#include "config.h"

#include "session/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/spawn.h"

enum {
	CHUNK = 16 << 10,
	FIRST_FD = 3, /* above those that the child gets */
};

/* A command that writes without end takes no more than a chunk in this time. */
static const double rest_s = 0.01;
/* A process that SIGKILL does not end hangs in the kernel: nobody waits for it. */
static const double give_up_s = 2;

static void close_io(struct child *c, ev_io *w)
{
	if (w->fd < 0)
		return;
	ev_io_stop(c->loop, w);
	close(w->fd);
	ev_io_set(w, -1, w->events);
}

/* ---- its input and output ---- */

static void on_input(struct ev_loop *loop, ev_io *w, int events)
{
	struct child *c = w->data;
	ssize_t n = write(w->fd, c->text.data + c->sent, c->text.len - c->sent);

	(void)loop, (void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		c->sent += (size_t)n;
	/* it need not read all, or anything */
	if (n < 0 || c->sent == c->text.len)
		close_io(c, w);
}

static void keep_tail(struct child *c, const char *text, size_t len)
{
	size_t kept = c->tail_len;

	if (len > CHILD_TAIL) {
		text += len - CHILD_TAIL;
		len = CHILD_TAIL;
	}
	if (kept > CHILD_TAIL - len)
		kept = CHILD_TAIL - len;
	memmove(c->tail, c->tail + c->tail_len - kept, kept);
	memcpy(c->tail + kept, text, len);
	c->tail_len = kept + len;
}

/* Reads a chunk; returns as read(). */
static ssize_t read_chunk(struct child *c)
{
	char chunk[CHUNK];
	ssize_t n = read(c->output.fd, chunk, sizeof(chunk));

	if (n > 0)
		keep_tail(c, chunk, (size_t)n);
	return n;
}

static void on_output(struct ev_loop *loop, ev_io *w, int events)
{
	struct child *c = w->data;
	ssize_t n = read_chunk(c);

	(void)events;
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		close_io(c, w);
	} else if (n == CHUNK) {
		ev_io_stop(loop, w);
		ev_timer_set(&c->rest, rest_s, 0.);
		ev_timer_start(loop, &c->rest);
	}
}

static void on_rest(struct ev_loop *loop, ev_timer *w, int events)
{
	struct child *c = w->data;

	(void)events;
	if (c->output.fd >= 0)
		ev_io_start(loop, &c->output);
}

/* ---- its end ---- */

static void release(struct child *c)
{
	ev_child_stop(c->loop, &c->exit);
	ev_timer_stop(c->loop, &c->limit);
	ev_timer_stop(c->loop, &c->rest);
	close_io(c, &c->input);
	close_io(c, &c->output);
	buf_free(&c->text);
	c->pid = 0;
}

static void end(struct child *c, int status)
{
	const struct child_end how = {.late = c->phase != CHILD_RUNS,
		.status = status,
		.tail = c->tail,
		.tail_len = c->tail_len};

	release(c);
	c->ended(c, &how);
}

/* What it started in the background may go on, and may keep its output open; but not after its time
 * was over. */
static void on_exit_of(struct ev_loop *loop, ev_child *w, int events)
{
	enum { LAST_CHUNKS = 8 /* more than a pipe holds */ };
	struct child *c = w->data;

	(void)loop, (void)events;
	if (c->phase != CHILD_RUNS)
		kill(-c->pid, SIGKILL);
	for (int i = 0; c->output.fd >= 0 && i < LAST_CHUNKS && read_chunk(c) > 0; i++)
		;
	end(c, w->rstatus);
}

void child_hurry(struct child *c)
{
	double next_s = c->phase == CHILD_RUNS ? c->kill_s : give_up_s;

	if (!c->pid)
		return;
	if (c->phase == CHILD_KILLED) {
		end(c, 0);
		return;
	}
	kill(-c->pid, c->phase == CHILD_RUNS ? SIGTERM : SIGKILL);
	c->phase = c->phase == CHILD_RUNS ? CHILD_TERMINATED : CHILD_KILLED;
	ev_timer_stop(c->loop, &c->limit);
	ev_timer_set(&c->limit, next_s, 0.);
	ev_timer_start(c->loop, &c->limit);
}

static void on_limit(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop, (void)events;
	child_hurry(w->data);
}

/* ---- its start ---- */

/* Moves fd above those that the child gets; false, and fd closed, when that fails. */
static bool move_up(int *fd)
{
	int low = *fd;

	if (low >= FIRST_FD)
		return true;
	*fd = fcntl(low, F_DUPFD_CLOEXEC, FIRST_FD);
	close(low);
	return *fd >= 0;
}

static void close_pipe(const int ends[2])
{
	for (int i = 0; i < 2; i++)
		if (ends[i] >= 0)
			close(ends[i]);
}

/* A pipe of which our end does not block. */
static bool open_pipe(int ends[2], int ours)
{
	if (pipe2(ends, O_CLOEXEC)) {
		ends[0] = ends[1] = -1;
		return false;
	}
	return move_up(&ends[0]) && move_up(&ends[1]) && !fcntl(ends[ours], F_SETFL, O_NONBLOCK);
}

static void watch(struct child *c, int input, int output)
{
	/* the loop's time may be that before a long write */
	ev_now_update(c->loop);
	ev_child_set(&c->exit, c->pid, 0);
	ev_child_start(c->loop, &c->exit);
	ev_timer_set(&c->limit, c->term_s, 0.);
	ev_timer_start(c->loop, &c->limit);
	ev_io_set(&c->input, input, EV_WRITE);
	ev_io_start(c->loop, &c->input);
	ev_io_set(&c->output, output, EV_READ);
	ev_io_start(c->loop, &c->output);
}

bool child_start(struct child *c, const char *command, char *const environment[], struct buf *text,
	struct error *err)
{
	int input[2] = {-1, -1}, output[2] = {-1, -1};
	int failure;

	if (open_pipe(input, 1) && open_pipe(output, 0))
		failure = spawn_shell(&c->pid, &(struct spawn){.command = command,
						       .environment = environment,
						       .in = input[0],
						       .out = output[1],
						       .err = output[1],
						       .alone = true});
	else
		failure = errno;
	if (failure) {
		c->pid = 0;
		close_pipe(input);
		close_pipe(output);
		buf_free(text);
		return error_set(err, "cannot start: %s", strerror(failure));
	}
	close(input[0]);
	close(output[1]);
	c->text = *text;
	c->sent = c->tail_len = 0;
	c->phase = CHILD_RUNS;
	watch(c, input[1], output[0]);
	return true;
}

/* ---- life ---- */

void child_init(struct child *c, struct ev_loop *loop, double term_s, double kill_s,
	void (*ended)(struct child *c, const struct child_end *end), void *ctx)
{
	memset(c, 0, sizeof(*c));
	c->loop = loop;
	c->term_s = term_s;
	c->kill_s = kill_s;
	c->ended = ended;
	c->ctx = ctx;
	ev_child_init(&c->exit, on_exit_of, 0, 0);
	ev_io_init(&c->input, on_input, -1, EV_WRITE);
	ev_io_init(&c->output, on_output, -1, EV_READ);
	ev_timer_init(&c->limit, on_limit, 0., 0.);
	ev_timer_init(&c->rest, on_rest, 0., 0.);
	c->exit.data = c->input.data = c->output.data = c->limit.data = c->rest.data = c;
}

bool child_runs(const struct child *c)
{
	return c->pid != 0;
}

void child_free(struct child *c)
{
	if (!c->pid)
		return;
	kill(-c->pid, SIGKILL);
	release(c);
}
