/* The worlds of the reference simulation by their names. */
#ifndef SLUICE_TESTS_SIM_WORLDS_H
#define SLUICE_TESTS_SIM_WORLDS_H

#include "sim/scenario.h"

/* The i-th world; NULL behind the last. */
const struct scenario *world_at(int i);
/* The world of this name; NULL: none. */
const struct scenario *world_by_name(const char *name);

#endif
