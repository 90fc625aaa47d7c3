/* Commands that show each pattern of use with a file of examples/. docs/examples.md has the same
 * table, and tests/e2e/test_examples.py runs each of them: a new example is a row here and a line
 * there. */
#ifndef SLUICE_CLI_EXAMPLES_H
#define SLUICE_CLI_EXAMPLES_H

#include <stddef.h>

struct example {
	const char *pattern, *command;
};

/* All of them, *n, in the order they are shown. */
const struct example *example_table(size_t *n);

#endif
