#include "config.h"

#include "launch/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/lines.h"

/* ---- signals ---- */

static const int passed_on[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU};
enum { PASSED_ON = sizeof(passed_on) / sizeof(passed_on[0]) };

/* For the handler; a process has one run. */
static volatile sig_atomic_t run_pid;

static void on_signal(int number)
{
	int error = errno;

	if (run_pid)
		kill(run_pid, number);
	errno = error;
}

/* Until others take them: the dashboard has handlers of its own while it is open, and ^C must not
 * end this process alone in the moment before. A signal that was ignored stays so, as under nohup.
 */
static void pass_signals_on(enum client_phase phase)
{
	struct sigaction now;

	for (int i = 0; i < PASSED_ON; i++) {
		if (!ending_passes_on(passed_on[i], phase) || sigaction(passed_on[i], NULL, &now) ||
			now.sa_handler == SIG_IGN)
			continue;
		now = (struct sigaction){.sa_handler = on_signal, .sa_flags = SA_RESTART};
		sigemptyset(&now.sa_mask);
		sigaction(passed_on[i], &now, NULL);
	}
}

/* ---- the start ---- */

static bool wait_status(pid_t pid, int *status)
{
	pid_t ended;

	do
		ended = waitpid(pid, status, 0);
	while (ended < 0 && errno == EINTR);
	return ended == pid;
}

/* The shell is to see what ended the command. */
static void end_likewise(int status)
{
	if (!WIFSIGNALED(status))
		return;
	say_last();
	signal(WTERMSIG(status), SIG_DFL);
	raise(WTERMSIG(status));
}

bool follow_start(struct launch *l, struct buf *line, int *code)
{
	int status = 0;

	run_pid = l->run;
	pass_signals_on(CLIENT_STARTS);
	io_read_all(l->start, line);
	close(l->start);
	l->start = -1;
	if (line->len && line->data[line->len - 1] == '\n')
		return true;
	wait_status(l->run, &status);
	run_pid = 0;
	end_likewise(status);
	*code = ending_code(status);
	return false;
}

/* ---- its words and its end ---- */

/* What is there, as it came; the end of it closes. */
static void take_words(struct follow *f)
{
	struct launch *l = f->launch;
	char text[4096];
	ssize_t n;

	while (l->words >= 0) {
		n = read(l->words, text, sizeof(text));
		if (n > 0) {
			io_write_all(STDERR_FILENO, text, (size_t)n);
		} else if (n < 0 && errno == EINTR) {
			continue;
		} else if (n < 0 && errno == EAGAIN) {
			return;
		} else {
			ev_io_stop(f->loop, &f->words);
			close(l->words);
			l->words = -1;
		}
	}
}

static void on_words(struct ev_loop *loop, ev_io *w, int events)
{
	(void)loop, (void)events;
	take_words(w->data);
}

static void ended(struct follow *f, int status)
{
	if (f->over)
		return;
	f->over = true;
	f->status = status;
	run_pid = 0; /* the number may be another process's soon */
	ev_ref(f->loop);
	ev_child_stop(f->loop, &f->child);
}

static void on_child(struct ev_loop *loop, ev_child *w, int events)
{
	(void)loop, (void)events;
	ended(w->data, w->rstatus);
}

static void on_late(struct ev_loop *loop, ev_timer *w, int events)
{
	struct follow *f = w->data;

	(void)loop, (void)events;
	f->late = true;
}

void follow_begin(struct follow *f, struct launch *l, struct ev_loop *loop)
{
	int status;

	*f = (struct follow){.launch = l, .loop = loop};
	ev_child_init(&f->child, on_child, l->run, 0);
	ev_io_init(&f->words, on_words, l->words, EV_READ);
	ev_timer_init(&f->patience, on_late, 0., 0.);
	f->child.data = f->words.data = f->patience.data = f;
	if (l->words >= 0)
		fcntl(l->words, F_SETFL, O_NONBLOCK);
	ev_child_start(loop, &f->child);
	ev_unref(loop);
	/* it may have ended before libev listened */
	if (waitpid(l->run, &status, WNOHANG) == l->run)
		ended(f, status);
}

void follow_hang_up(struct follow *f)
{
	if (!f->over)
		kill(f->launch->run, SIGHUP);
}

bool follow_wait(struct follow *f, double seconds)
{
	pass_signals_on(CLIENT_WAITS);
	if (f->launch->words >= 0)
		ev_io_start(f->loop, &f->words);
	take_words(f);
	if (seconds >= 0) {
		ev_now_update(f->loop);
		ev_timer_set(&f->patience, seconds, 0.);
		ev_timer_start(f->loop, &f->patience);
	}
	/* the loop has nothing else to wait for, and is not to end because of it */
	ev_ref(f->loop);
	while (!f->over && !f->late)
		ev_run(f->loop, EVRUN_ONCE);
	ev_unref(f->loop);
	ev_timer_stop(f->loop, &f->patience);
	take_words(f);
	return f->over;
}

void follow_end(struct follow *f)
{
	ev_timer_stop(f->loop, &f->patience);
	ev_io_stop(f->loop, &f->words);
	if (f->over)
		return;
	ev_ref(f->loop);
	ev_child_stop(f->loop, &f->child);
}
