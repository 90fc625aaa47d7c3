/* `sluice --version`, for reports of bugs. */
#ifndef SLUICE_CLI_VERSION_H
#define SLUICE_CLI_VERSION_H

#include <stdio.h>

/* Prints the release with the commit that it was built from, and the libraries that it runs with:
 * one on each line. */
void version_print(FILE *out);

#endif
