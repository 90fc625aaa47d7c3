/* `sluice demo`: a sample batch in a temporary folder. */
#ifndef SLUICE_CLI_DEMO_H
#define SLUICE_CLI_DEMO_H

#include "base/error.h"
#include "plan/settings.h"

/* Makes a temporary folder (0700) with a sample input of so many items, points input and output of
 * the settings there (an --output given by the operator stays). */
bool demo_prepare(struct run_settings *s, int64_t items, struct error *err);
/* Removes the folder and the run's files in it. */
void demo_clean(const struct run_settings *s);

#endif
