#include "guard.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

/* All signals that end a program by default, and that this one does not handle otherwise. */
static const int fatal_signals[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGALRM,
	SIGPWR, SIGTRAP, SIGSYS, SIGIO, SIGPROF, SIGVTALRM, SIGSTKFLT};
enum { FATAL_SIGNALS = sizeof(fatal_signals) / sizeof(fatal_signals[0]), BYTES_MAX = 256 };

/* All that the handler needs, prepared while nothing is wrong. */
static struct {
	volatile sig_atomic_t armed;
	int fd;
	struct termios modes;
	char bytes[BYTES_MAX];
	size_t len;
	struct sigaction old[FATAL_SIGNALS];
} guard;

void guard_restore(void)
{
	int saved_errno = errno;

	if (!guard.armed)
		return;
	guard.armed = 0;
	if (write(guard.fd, guard.bytes, guard.len) < 0)
		errno = saved_errno; /* a terminal that takes nothing has nothing to restore */
	tcsetattr(guard.fd, TCSANOW, &guard.modes);
	errno = saved_errno;
}

/* Whoever handled the signal before (or its default) comes next: the signal raised here is
 * delivered when this handler returns. */
static void on_fatal_signal(int sig)
{
	guard_restore();
	for (int i = 0; i < FATAL_SIGNALS; i++)
		if (fatal_signals[i] == sig)
			sigaction(sig, &guard.old[i], NULL);
	raise(sig);
}

static void install_once(void)
{
	static bool installed;
	struct sigaction action = {.sa_handler = on_fatal_signal};

	if (installed)
		return;
	installed = true;
	sigemptyset(&action.sa_mask);
	for (int i = 0; i < FATAL_SIGNALS; i++)
		sigaction(fatal_signals[i], &action, &guard.old[i]);
	atexit(guard_restore);
	alloc_on_failure(guard_restore);
}

void guard_arm(int fd, const struct termios *modes, const char *bytes, size_t len)
{
	install_once();
	guard.armed = 0;
	guard.fd = fd;
	guard.modes = *modes;
	guard.len = len < BYTES_MAX ? len : BYTES_MAX;
	memcpy(guard.bytes, bytes, guard.len);
	guard.armed = 1;
}

void guard_disarm(void)
{
	guard.armed = 0;
}
