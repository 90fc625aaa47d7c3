/* `sluice mock`. */
#include <signal.h>
#include <stdio.h>

#include "mock/mock.h"

enum { EXIT_BAD_USAGE = 2, EXIT_IO = 4, MAX_STATS = 1 << 16 };

static void print_stats(const struct mock *m)
{
	struct buf stats;

	buf_init(&stats, MAX_STATS);
	mock_stats(m, &stats);
	fprintf(stderr, "%s\n", buf_str(&stats));
	buf_free(&stats);
}

int mock_serve(const struct mock_settings *settings)
{
	struct error err;
	struct mock *m;
	sigset_t stop, old;
	int signal_number, code = 0;

	/* before the server's thread starts: sigwait() needs the signals blocked in all threads */
	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &stop, &old);
	m = mock_start(settings, &err);
	if (!m) {
		fprintf(stderr, "sluice: %s\n", err.text);
		code = EXIT_BAD_USAGE;
	} else if (printf("%s\n", mock_url(m)) < 0 || fflush(stdout) != 0) {
		perror("sluice: mock: cannot print the URL");
		code = EXIT_IO;
	} else {
		sigwait(&stop, &signal_number);
		mock_halt(m);
		print_stats(m);
	}
	mock_stop(m);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return code;
}
