/* What the controller begins with. */
#include <string.h>

#include "pace/lane_impl.h"

/* First guesses: of a refusal's round trip, and of how much a measured limit varies. */
#define REFUSAL_S 0.25
#define SPREAD    0.1

void auto_init(struct lane *l, int64_t now_us)
{
	struct auto_pace *a = &l->adapt;

	memset(a, 0, sizeof(*a));
	a->rate = (struct auto_rate){.state = RATE_RAMP,
		.rate = AUTO_RATE_START,
		.cut_rate = AUTO_RATE_START,
		.since_us = now_us,
		.climb_s = AUTO_CLIMB_S,
		.burst = AUTO_BURST,
		.bound = 1,
		.refusal_s = REFUSAL_S,
		.refused_us = LONG_AGO_US,
		.born_us = LONG_AGO_US,
		.tick_us = now_us};
	a->trial.mark_seq = a->trial.cut_seq = l->seq;
	a->trial.mark_us = now_us;
	a->trial.chain_rate = a->trial.before_rate = AUTO_RATE_START;
	a->trial.test_us = -1;
	a->hold.open_us = now_us;
	a->hold.rate = AUTO_RATE_START;
	a->weight.bias = 1;
	a->marks.spread = SPREAD;
	a->marks.rest_s = AUTO_REST_S;
	a->headers.read_us = a->headers.at_us = LONG_AGO_US;
	for (int i = 0; i < LIMIT_SLOTS; i++)
		a->headers.slot[i].window_share = -1;
	auto_window_init(l, now_us);
	auto_number_forget(&a->number);
	a->number.clear_us = LONG_AGO_US;
	a->number.clear_s = 30;
}
