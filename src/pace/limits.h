/* The limits that options or the operator set for an endpoint: requests and tokens a minute, a
 * sliding window, a rate, the number in flight. All lanes of the endpoint, one for each model,
 * share them. Private to the lanes. Pure. */
#ifndef SLUICE_PACE_LIMITS_H
#define SLUICE_PACE_LIMITS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "pace/bucket.h"
#include "pace/fair.h"
#include "pace/lane.h"
#include "pace/pacer.h"
#include "pace/window.h"

enum { LIMITS_FIXED_CONCURRENCY = 64, LIMITS_AUTO_MOST = 1024 };

LIST_HEAD(lane_list, lane);

/* Keeps the later of the verdict so far and another limit's time. */
static inline void verdict_bind(
	struct lane_verdict *v, int64_t now_us, int64_t ready_us, enum bound bound)
{
	if (ready_us > now_us && ready_us > v->at_us)
		*v = (struct lane_verdict){ready_us, bound};
}

struct limits {
	struct lane_config config;
	struct lane_list lanes; /* that share the limits; the last one frees them */
	int n_lanes;
	struct fair fair; /* among the runs that share the endpoint */
	int in_flight;
	double rpm, tpm; /* in force; 0: off */
	struct bucket requests, tokens;
	struct window window;
	int concurrency;    /* by option or by hand; 0: auto */
	double rate;        /* attempts per second by hand; 0: auto */
	struct pacer pacer; /* of that rate */
	int64_t changed_us; /* when the operator changed a limit last; 0: never */
	bool rpm_by_hand, tpm_by_hand, concurrency_by_hand;
	bool spread;          /* limits set by hand were refused once: bursts are off */
	double refusal_share; /* moving share of refusals among the answers */
	int64_t warned_us;    /* time of the last warning about values set by hand */
	/* How many the server takes at once of all models together, when it said so and there are
	 * several lanes; 0: not known. */
	double at_once;
};

/* Limits as the config has them, for lanes to share. The caller frees them with limits_free(). */
struct limits *limits_new(const struct lane_config *config, int64_t now_us);
void limits_free(struct limits *m);

/* When an attempt of this cost may start by the limits a minute and the window. */
struct lane_verdict limits_ready(struct limits *m, int64_t now_us, double tokens);
/* The most attempts in flight, over all lanes. */
int limits_most_in_flight(const struct limits *m);
/* An attempt started: counts it and takes its cost. */
void limits_take(struct limits *m, int64_t now_us, double tokens);
/* An attempt ended: counts it, and replaces its estimated cost by the real one. */
void limits_settle(struct limits *m, int64_t now_us, double reserved, double real);
/* Turns bursts off. */
void limits_spread(struct limits *m, int64_t now_us);
/* Are values in force that the operator set? */
bool limits_by_hand(const struct limits *m);
/* The server refused an attempt because too many are in flight, of all models together. */
void limits_refused_at_once(struct limits *m);
/* An attempt passed: after many the server is asked to take one more at once. */
void limits_passed(struct limits *m);

#endif
