/* A run second by second, for plots. */
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "sim/sim_impl.h"

void series_start(struct sim *s)
{
	s->result.look = xcalloc((size_t)s->result.seconds + 1, sizeof(*s->result.look));
}

void series_look(struct sim *s)
{
	int64_t second = s->now_us / US_PER_S - 1; /* the one that ends now */
	struct client *c = &s->client[0];
	struct sim_look *look;
	struct lane_view view;

	if (!s->result.look || !c->lane || s->now_us % US_PER_S || second < 0)
		return;
	look = &s->result.look[second];
	lane_view(c->lane, s->now_us, &view);
	look->rate = view.rate.used;
	look->concurrency = view.concurrency;
	look->in_flight = c->in_flight;
	snprintf(look->belief, sizeof(look->belief), "%s", view.belief);
}

/* Beliefs are words and numbers: nothing in them needs escaping. */
void series_print(const struct sim_result *lane, const struct sim_result *oracle)
{
	for (int i = 0; lane->look && i < lane->seconds; i++) {
		const struct sim_second *now = &lane->second[i];
		const struct sim_look *look = &lane->look[i];

		printf("{\"second\":%d,\"sent\":%u,\"ok\":%u,\"refused\":%u,\"failed\":%u,"
		       "\"rate\":%.3f,\"concurrency\":%d,\"in_flight\":%d,\"oracle\":%u,"
		       "\"belief\":\"%s\"}\n",
			i, now->sent, now->ok, now->refused, now->failed, look->rate,
			look->concurrency, look->in_flight, oracle->second[i].ok, look->belief);
	}
}
