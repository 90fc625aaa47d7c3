/* The classic adaptive rule: the rate times 1.1 on a success, 0.5 on a 429, 0.9 on any other error.
 * It settles at 12 % refusals whatever the limit is; kept for comparison. */
#ifndef SLUICE_PACE_AIMD_H
#define SLUICE_PACE_AIMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "words.h"

/* Attempts per second. */
#define AIMD_START 10.0
#define AIMD_FLOOR 0.1
#define AIMD_CEIL  1000.0

/* The rate per second after an attempt with this outcome, within AIMD_FLOOR and AIMD_CEIL. */
double aimd_next(double rate, enum outcome outcome);

#endif
