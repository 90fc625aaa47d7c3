/* How many requests may be in flight by the limit on open files (ulimit -n). */
#ifndef SLUICE_SESSION_DESCRIPTORS_H
#define SLUICE_SESSION_DESCRIPTORS_H

#include <stdbool.h>

#include "base/error.h"
#include "pace/lane.h"

/* Keeps the lane, one of `of` equal ones, below its share of the descriptors, and warns on stderr
 * when an option requires more. False and err when the limit leaves nothing. */
bool descriptors_fit(struct lane_config *lane, int of, struct error *err);

#endif
