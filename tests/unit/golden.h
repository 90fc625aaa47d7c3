/* Golden texts of tests/golden, which `make update-golden` (UPDATE_GOLDEN=1) rewrites. */
#ifndef SLUICE_TESTS_GOLDEN_H
#define SLUICE_TESTS_GOLDEN_H

#include "base/buf.h"

/* Asserts that the text is that of the file; with UPDATE_GOLDEN, writes the file first. */
void golden_check(const char *file, struct buf *text);

#endif
