/* Where tests find the files of the source tree that they read. */
#ifndef SLUICE_TESTS_SOURCE_TREE_H
#define SLUICE_TESTS_SOURCE_TREE_H

/* The variable SRCDIR, else the tree that the test was built from. */
const char *source_tree(void);

#endif
