/* Shared by the files of a lane; nobody else includes this. */
#ifndef SLUICE_PACE_LANE_IMPL_H
#define SLUICE_PACE_LANE_IMPL_H

#include "pace/auto.h"
#include "pace/breaker.h"
#include "pace/bucket.h"
#include "pace/decision.h"
#include "pace/fair.h"
#include "pace/lane.h"
#include "pace/limits.h"
#include "pace/pacer.h"

enum { LANE_CHANGES = 10 };

/* A time until which nothing is sent, and the header or rule that set it. */
struct hold {
	int64_t until_us; /* 0: none */
	char source[40];
};

struct lane {
	struct limits *limits; /* of the endpoint, shared with its other lanes */
	LIST_ENTRY(lane) others;
	int in_flight;
	uint64_t seq;           /* attempts started */
	double rpm;             /* of the model alone, by option; 0: off */
	struct bucket requests; /* for that */
	struct fair fair;       /* among the runs that share the lane */
	struct hold hold;
	struct breaker breaker;
	struct pacer pacer;
	struct auto_pace adapt; /* PACE_AUTO */
	double aimd_rate;       /* PACE_AIMD */
	int64_t changed_us;     /* when the server named another limit last; 0: never */
	int64_t passed_us;      /* time of the last answer that was no refusal */
	struct lane_record change[LANE_CHANGES];
	uint64_t changes; /* how many there were: the newest stand in the ring */
};

/* The rate in force, weight per second; 0: no rate paces the lane. */
double lane_rate(const struct lane *l);
/* Notes a decision; before, after, a and b as its kind says in decision.h. */
void lane_decide(struct lane *l, int64_t now_us, enum decision kind, double before, double after,
	double a, double b);

/* Is it the limits of the endpoint that refused now, with this bound? Else it is the lane. */
bool lane_refused_by_limits(const struct lane *l, int64_t now_us, enum bound bound);
/* Is nothing sent but single probes because everything was refused? */
bool lane_is_closed(const struct lane *l);

#endif
