/* The options of pace_sim: one scenario from the command line. */
#ifndef SLUICE_TESTS_SIM_PACE_FLAGS_H
#define SLUICE_TESTS_SIM_PACE_FLAGS_H

#include "sim/scenario.h"

/* Reads the options. An invalid one ends the program with a message and code 2; --help and --worlds
 * print and end it with 0. */
struct scenario pace_flags_read(int argc, char **argv);

#endif
