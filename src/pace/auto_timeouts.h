/* Too many timeouts: are there too many in flight for the server, or is it slow at times whatever
 * their number? The number is cut. When that costs throughput and no fewer time out, it was not to
 * blame: it is restored, and that share of timeouts is tolerated from then on. Private to the
 * controller, see auto.h. */
#ifndef SLUICE_PACE_AUTO_TIMEOUTS_H
#define SLUICE_PACE_AUTO_TIMEOUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "pace/lane.h"

/* What came in a period as long as an attempt may take. */
struct auto_period {
	int64_t start_us;
	uint32_t answers, timeouts;
	float ok_per_s, share; /* of the last whole period */
};

struct auto_timeouts {
	float share;     /* smoothed share of timeouts */
	float tolerated; /* a share that the number in flight does not change; 0: none */
	float before;    /* the number before the first of the cuts under way; 0: none is */
	float base_per_s, base_share; /* of what was sent before it, when that is known */
	bool based;
	uint8_t cuts;
	uint16_t periods; /* whole ones since the last cut */
	struct auto_period period;
};

/* An answer, or the timeout of an attempt, came. */
void auto_timeouts_count(struct lane *l, int64_t now_us, bool timeout);
/* An attempt timed out: cuts the number in flight when too many do, or restores it. */
void auto_timeouts_judge(struct lane *l, int64_t now_us, const struct lane_ticket *t);

#endif
