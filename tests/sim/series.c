/* A run as one line per second, for plots. */
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "sim/sim_impl.h"

void series_start(struct sim *s)
{
	s->result.sample = xcalloc((size_t)s->result.seconds + 1, sizeof(*s->result.sample));
}

void series_sample(struct sim *s)
{
	int64_t second = s->now_us / US_PER_S - 1; /* the second that ends now */
	struct client *c = &s->client[0];
	struct sim_sample *sample;
	struct lane_view view;

	if (!s->result.sample || !c->lane || s->now_us % US_PER_S || second < 0)
		return;
	sample = &s->result.sample[second];
	lane_view(c->lane, s->now_us, &view);
	sample->rate = view.rate.used;
	sample->concurrency = view.concurrency;
	sample->in_flight = c->in_flight;
	snprintf(sample->belief, sizeof(sample->belief), "%s", view.belief);
}

/* Beliefs are words and numbers, which need no escapes. */
void series_print(const struct sim_result *lane, const struct sim_result *oracle)
{
	for (int i = 0; lane->sample && i < lane->seconds; i++) {
		const struct sim_second *now = &lane->second[i];
		const struct sim_sample *sample = &lane->sample[i];

		printf("{\"second\":%d,\"sent\":%u,\"ok\":%u,\"refused\":%u,\"failed\":%u,"
		       "\"rate\":%.3f,\"concurrency\":%d,\"in_flight\":%d,\"oracle\":%u,"
		       "\"belief\":\"%s\"}\n",
			i, now->sent, now->ok, now->refused, now->failed, sample->rate,
			sample->concurrency, sample->in_flight, oracle->second[i].ok,
			sample->belief);
	}
}
