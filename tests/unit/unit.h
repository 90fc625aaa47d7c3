/* What every unit test program shares: one suite, a folder for files that goes with all that is in
 * it however a test ends, the result as exit code. */
#ifndef SLUICE_TESTS_UNIT_H
#define SLUICE_TESTS_UNIT_H

#include <check.h>
#include <stdlib.h>

struct unit_suite {
	const char *name;
	const TTest *const *tests; /* up to a NULL */
	const TTest *loop;         /* NULL; else run for each _i below loops */
	int loops;
	/* Before and after each test, in its process; NULL. An assertion that fails ends that
	 * process without tear_down(), unless CK_FORK=no. */
	void (*set_up)(void), (*tear_down)(void);
};

/* Runs the suite; returns the exit code for main(). Tests put their files into folders of their own
 * under $TMPDIR, which is in memory where there is such a place. */
int unit_run_suite(const struct unit_suite *suite);
/* The same of tests that need no more. */
int unit_run(const char *name, const TTest *const *tests);

#endif
