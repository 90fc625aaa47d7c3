/* The remaining time of the run, smoothed: the engine's range follows the pace of the last minute
 * and jumps with it; here its ends run down like a clock and drift towards the new range. Pure. */
#ifndef SLUICE_UI_ETA_H
#define SLUICE_UI_ETA_H

#include <stdbool.h>
#include <stddef.h>

#include "port.h"

struct eta {
	bool known;
	int64_t at_us;        /* of the last update */
	double low_s, high_s; /* when the run ends, in seconds since it started */
};

/* Takes a new snapshot in. */
void eta_update(struct eta *e, const struct snapshot *s);
/* "ETA 28-35m", while a hold is in force until when ("until 14:02:11"), "" when the run is over;
 * within out (32 bytes). */
const char *eta_text(const struct eta *e, const struct snapshot *s, char *out);
/* "without 120": items that the time does not count, since they are held or their server is; "" for
 * none; within out (32 bytes). */
const char *eta_left_out(const struct eta *e, const struct snapshot *s, char *out);

#endif
