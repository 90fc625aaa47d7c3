/* The decisions of a lane, kept compact. decision.c puts them into words: what was seen and what it
 * is taken for. Private to the lane. */
#ifndef SLUICE_PACE_DECISION_H
#define SLUICE_PACE_DECISION_H

#include "pace/lane.h"

enum decision {
	/* By the operator: before and after in the unit of the limit. */
	HAND_CONCURRENCY,
	HAND_RPM,
	HAND_TPM,
	HAND_RATE,
	HAND_HOLD,
	/* Rates: before and after per second. */
	RATE_LEARNED,    /* a: age in s */
	RATE_CUT,        /* a: share refused, b: limit; 0: not known */
	RATE_CUT_AGAIN,  /* a: share refused, b: likely limit; 0: not known */
	RATE_PROVEN,     /* a: share refused before the cut */
	RATE_NOISE,      /* a: share refused */
	RATE_NOISE_TEST, /* a: share refused */
	RATE_WINDOW,     /* a: accepted, b: seconds */
	RATE_SMALL,      /* a: accepted per second */
	RATE_SPIKE,      /* a: seconds held */
	RATE_RELAPSE,    /* a: accepted */
	RATE_OTHERS,     /* a: accepted, b: seconds */
	/* Holds: before none, after in seconds. */
	HOLD_CLOSED,   /* a: refused side by side, b: Retry-After; 0: none */
	HOLD_ERRORS,   /* as HOLD_CLOSED, by 503 and resets alone */
	HOLD_VAIN,     /* a: probes in vain, b: Retry-After; 0: none */
	HOLD_HEADERS,  /* a: limit */
	HOLD_REPORTED, /* by the source of the lane's hold */
	/* Requests in flight. */
	NUMBER_FOUND, /* a: refused with so many or more in flight, b: moments */
	NUMBER_LOWER, /* a: refused side by side */
	NUMBER_HIGHER,
	NUMBER_ACQUITTED,
	WINDOW_SATURATED,
	WINDOW_TRIES,
	WINDOW_WORTH_IT,
	WINDOW_IN_VAIN,
	WINDOW_ACQUITTED, /* a: share of timeouts */
	WINDOW_TIMEOUTS,  /* the same */
	/* The breaker: before and after are 1 when closed, 0 when open; a: the reason. */
	BREAKER_TRIPPED,
	BREAKER_RESET,
	LIMIT_CHANGED,   /* a: slot; before and after: the server's limit */
	REFUSED_BY_HAND, /* after: share refused at values set by hand, in % */
	SPREAD_BY_HAND,  /* a limit set by hand was refused: no bursts from now on */
	DECISIONS
};

/* One decision; before, after, a and b as its kind says. */
struct lane_record {
	int64_t at_us;
	float before, after, a, b;
	uint8_t decision; /* enum decision */
};

#endif
