#include "source_tree.h"

#include <stdlib.h>

const char *source_tree(void)
{
	const char *given = getenv("SRCDIR");

	return given ? given : SOURCE_TREE;
}
