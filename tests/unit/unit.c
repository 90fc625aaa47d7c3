#include "unit.h"

#include <stdio.h>
#include <unistd.h>

#include "folder.h"

int unit_run_suite(const struct unit_suite *s)
{
	char folder[64];
	Suite *suite = suite_create(s->name);
	TCase *tcase = tcase_create(s->name);
	SRunner *runner = srunner_create(suite);
	int failed;

	snprintf(folder, sizeof(folder), "%s/sluice-test-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(folder) || setenv("TMPDIR", folder, 1))
		return EXIT_FAILURE;
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, s->set_up, s->tear_down);
	for (const TTest *const *test = s->tests; *test; test++)
		tcase_add_test(tcase, *test);
	if (s->loop)
		tcase_add_loop_test(tcase, s->loop, 0, s->loops);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	folder_remove(folder);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int unit_run(const char *name, const TTest *const *tests)
{
	return unit_run_suite(&(struct unit_suite){.name = name, .tests = tests});
}
