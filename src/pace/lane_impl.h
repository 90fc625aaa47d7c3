/* Shared by the files of a lane; nobody else includes this. */
#ifndef SLUICE_PACE_LANE_IMPL_H
#define SLUICE_PACE_LANE_IMPL_H

#include "pace/auto.h"
#include "pace/breaker.h"
#include "pace/bucket.h"
#include "pace/decision.h"
#include "pace/lane.h"
#include "pace/pacer.h"
#include "pace/window.h"

enum { LANE_CHANGES = 10, LANE_FIXED_CONCURRENCY = 64 };

/* A time until which nothing is sent, and the header or rule that set it. */
struct hold {
	int64_t until_us; /* 0: none */
	char source[40];
};

struct lane {
	struct lane_config config;
	int in_flight;
	uint64_t seq; /* attempts started */
	struct bucket requests, tokens;
	struct window window;
	struct hold hold;
	struct breaker breaker;
	struct pacer pacer;
	struct auto_pace adapt; /* PACE_AUTO */
	double aimd_rate;       /* PACE_AIMD */
	double rpm, tpm;        /* in force; 0: off */
	int manual_concurrency; /* by option or by hand; 0: auto */
	double manual_rate;     /* attempts per second by hand; 0: auto */
	bool rpm_by_hand, tpm_by_hand, concurrency_by_hand;
	int64_t passed_us;    /* time of the last answer that was no refusal */
	bool spread;          /* limits set by hand were refused once: bursts are off */
	double refusal_share; /* moving share of refusals among the answers */
	int64_t warned_us;    /* time of the last warning about values set by hand */
	struct lane_record change[LANE_CHANGES];
	unsigned changes, first_change; /* ring: how many, where the oldest is */
};

/* The rate in force, weight per second; 0: no rate paces the lane. */
double lane_rate(const struct lane *l);
/* Notes a decision; before, after, a and b as its kind says in decision.h. */
void lane_decide(struct lane *l, int64_t now_us, enum decision kind, double before, double after,
	double a, double b);

/* Turns bursts off for the limits set by hand. */
void lane_spread(struct lane *l, int64_t now_us);

#endif
