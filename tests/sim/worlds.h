/* The zoo of the reference simulation: its worlds by their names there. */
#ifndef SLUICE_TESTS_SIM_WORLDS_H
#define SLUICE_TESTS_SIM_WORLDS_H

#include "sim/scenario.h"

/* The i-th world; NULL behind the last. */
const struct scenario *world_at(int i);
/* NULL: no world has this name. */
const struct scenario *world_by_name(const char *name);

#endif
