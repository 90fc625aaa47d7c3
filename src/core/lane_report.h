/* What the lane of an attempt learns from its answer. Pure. */
#ifndef SLUICE_CORE_LANE_REPORT_H
#define SLUICE_CORE_LANE_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "api/response.h"
#include "core/route.h"
#include "pace/lane.h"

/* An answered attempt. All are borrowed. */
struct lane_report {
	struct route_lane *lane;
	const struct lane_ticket *ticket;
	const struct provider *provider;
	const struct answer *answer;
	const struct verdict *verdict;
	double tokens; /* that it took, by its usage or estimated */
	bool own;      /* 403, 404 and 412, which may be the task's alone, are: somebody is told of
			  them, so the lane does not shut until it knows better */
};

/* Reports the answer to the lane and its traffic. True: the lane takes it for a limit's refusal. */
bool lane_report(const struct lane_report *r, int64_t now_us, int64_t wall_us);

#endif
