#include "launch/ending.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

enum { OF_SIGNALS = 128 };

enum then ending_then(enum screen_end end, bool drains)
{
	switch (end) {
	case SCREEN_LEFT:
		return THEN_LEAVE;
	case SCREEN_HUNG_UP:
		return drains ? THEN_WAIT : THEN_LOOK; /* it may have waited for `quit` alone */
	case SCREEN_ENDED:
		return THEN_WAIT;
	case SCREEN_LOST:
		break;
	}
	return THEN_LOOK;
}

int ending_code(int status)
{
	return WIFSIGNALED(status) ? OF_SIGNALS + WTERMSIG(status) : WEXITSTATUS(status);
}

void ending_say_killed(int status, struct buf *out)
{
	if (WIFSIGNALED(status))
		buf_addf(out,
			"signal %d (%s) ended the run: the same command resumes it, no written "
			"result is lost",
			WTERMSIG(status), strsignal(WTERMSIG(status)));
}

void ending_say_left(const struct begun *run, struct buf *out)
{
	buf_addf(out, "the run continues as pid %" PRId64, run->pid);
	if (run->socket) {
		buf_adds(out, "; to watch it: ");
		begun_attach(run, out);
	} else {
		buf_addf(out, " without a control socket: kill %" PRId64 " drains it", run->pid);
	}
}

bool ending_passes_on(int signal, enum client_phase phase)
{
	switch (signal) {
	case SIGINT:
	case SIGTERM:
	case SIGUSR1: /* of batch systems, see run_signals.h */
	case SIGUSR2:
	case SIGXCPU:
		return true;
	case SIGHUP: /* a run that has begun has no terminal to lose */
		return phase == CLIENT_STARTS;
	default:
		return false;
	}
}
