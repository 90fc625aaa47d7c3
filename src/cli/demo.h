/* `sluice demo`: a sample batch in a temporary folder. */
#ifndef SLUICE_CLI_DEMO_H
#define SLUICE_CLI_DEMO_H

#include "base/error.h"
#include "cli/settings.h"

/* Makes a temporary folder (0700) with a sample input of settings.demo_items items, and points
 * input, output and the answers of the mock there (those given by the operator stay). The models
 * get prices unless there are some. */
bool demo_prepare(struct settings *s, struct error *err);
/* Removes the folder and the run's files in it. */
void demo_clean(const struct settings *s);

#endif
