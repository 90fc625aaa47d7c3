/* The pace of one lane (endpoint + key + model): when may the next attempt start, and if not now,
 * what binds. Pure: every function takes `now` (monotonic us); no clock, no I/O, no allocation. */
#ifndef SLUICE_PACE_LANE_H
#define SLUICE_PACE_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pace/reported_limits.h"
#include "figures.h"

enum pace_mode { PACE_AUTO, PACE_AIMD, PACE_FIXED };

struct lane_config {
	enum pace_mode mode;
	int concurrency;     /* 0: auto */
	int max_concurrency; /* ceiling for auto */
	int most_in_flight;  /* ceiling for the operator, too: what the system allows; 0: none */
	double rpm, tpm;     /* 0: off */
	int window_count;    /* sliding window: at most this many sends in window_us; 0: off */
	int64_t window_us;
	int64_t timeout_us; /* --timeout of an attempt; 0: not known */
};

/* When, and why not now. */
struct lane_verdict {
	int64_t at_us; /* <= now: send now; else ask again then; NEVER_US: after the next answer */
	enum bound bound; /* the tightest limit; BOUND_NONE when sending now */
};

/* What a lane must know of an attempt when its answer comes; kept by the caller meanwhile. */
struct lane_ticket {
	int64_t sent_us;
	uint64_t seq;
	float tokens; /* estimated cost */
	float rate;   /* adaptive rate it was sent at */
	float weight;
	int64_t paced_us;                /* sent_us by the lane's own clock */
	uint32_t in_flight;              /* at its sending, itself included */
	double weight_sum, answered_sum; /* of the lane: sent with it, answered before it */
};

/* An ended attempt as the lane sees it. */
struct lane_answer {
	enum outcome outcome;
	int status;
	int64_t latency_us;
	int64_t wait_us;         /* asked for by the server; -1: none */
	bool cut_off;            /* the connection was refused or reset before any answer came */
	const char *wait_source; /* static or copied text, may be NULL */
	int64_t tokens;          /* real usage; -1: not reported */
	const struct reported_limits *limits; /* what the headers tell of limits; NULL: nothing */
};

struct lane; /* under 4 KB */

/* A lane at its start. The caller owns it: lane_free(). */
struct lane *lane_new(const struct lane_config *config, int64_t now_us);
void lane_free(struct lane *l);

/* May an attempt of this estimated cost in tokens start now? */
struct lane_verdict lane_ask(struct lane *l, int64_t now_us, double tokens);
/* It was started; fills the ticket. */
void lane_sent(struct lane *l, int64_t now_us, double tokens, struct lane_ticket *ticket);
/* Is the answer that comes now worth reading its headers for limits? At thousands of answers a
 * second not each one is. */
bool lane_reads_headers(const struct lane *l, int64_t now_us);
/* It ended, with whatever outcome; every lane_sent() is followed by one of these. True when the
 * lane takes the answer for a refusal by a limit: that says nothing of the item, whose attempt does
 * not count. */
bool lane_answered(struct lane *l, int64_t now_us, const struct lane_ticket *ticket,
	const struct lane_answer *a);
/* To be called about every 100 ms while there is work. */
void lane_tick(struct lane *l, int64_t now_us);

/* The operator's hand; 0 or negative: off (rpm, tpm, rate) or auto (concurrency). */
void lane_set_concurrency(struct lane *l, int64_t now_us, int n);
void lane_set_rpm(struct lane *l, int64_t now_us, double rpm);
void lane_set_tpm(struct lane *l, int64_t now_us, double tpm);
/* What the system allows in flight, whatever is set; 0: no such limit. */
int lane_most_in_flight(const struct lane *l);
void lane_set_rate(struct lane *l, int64_t now_us, double per_second);
void lane_auto(struct lane *l, int64_t now_us);   /* back to what the controller thinks */
void lane_forget(struct lane *l, int64_t now_us); /* clear what was learned */
void lane_skip_hold(struct lane *l, int64_t now_us);

/* One decision of the controller or of the operator's hand, for the event log and the journal. */
struct lane_change {
	int64_t at_us;
	const char *what; /* static: "concurrency", "rpm", "tpm", "rate", "hold", "breaker",
			   * "server limit", "burst" and "refusals" (warnings) */
	double before,
		after; /* in the unit of `what`; holds in seconds; negative: none, off, auto */
	bool by_hand;
	bool detail;         /* for those who follow each step; else worth an event */
	char evidence[80];   /* what was seen; one line, sanitised */
	char hypothesis[64]; /* what it is taken for; "" when the evidence says it all */
};

/* Moves up to n changes, oldest first, to out; returns how many. The lane keeps the newest 16
 * until they are taken. */
size_t lane_take_changes(struct lane *l, struct lane_change *out, size_t n);

/* A breaker set the lane aside (rejected key, used-up quota, a long Retry-After, everything
 * failing): items belong in `held`; lane_ask() lets single probes through and the first that passes
 * ends it. Why and until when: hold_source and hold_until_us of lane_view(). */
bool lane_breaker_is_open(const struct lane *l);
/* Parked, or held because everything is refused: only single probes go, and what
 * fails meanwhile says nothing of the item. */
bool lane_probing(const struct lane *l);
/* Probing, or within a hold: the server said to wait. */
bool lane_held(const struct lane *l, int64_t now_us);

/* What the controller learned, for the journal and a warm start on resume. */
enum learned_kind { LEARNED_NOTHING, LEARNED_RATE, LEARNED_WINDOW, LEARNED_CONCURRENCY };

struct lane_learned {
	enum learned_kind kind;
	double rate;       /* the last good one, per second */
	double count;      /* of the window, or in flight; 0: not known */
	int64_t window_us; /* 0: not known */
	int64_t age_us;    /* of all this, for lane_warm_start() */
	bool spread;       /* limits by hand were refused: no bursts */
};
void lane_learned(const struct lane *l, struct lane_learned *out);
/* Right after lane_new(): a start, never a ceiling. Values that make no sense are ignored; what is
 * older than an hour seeds the first rate only. */
void lane_warm_start(struct lane *l, int64_t now_us, const struct lane_learned *learned);

/* Requests that were started and not yet answered. */
int lane_in_flight(const struct lane *l);
/* Tokens a minute that were set; 0: no limit. */
double lane_tpm(const struct lane *l);
/* Attempts that may be in flight now. */
int lane_concurrency(const struct lane *l);

/* The limits in force, and what they are taken from. */
struct lane_view {
	int concurrency; /* attempts allowed in flight now */
	bool concurrency_auto;
	int concurrency_cap;
	struct limit_view rpm, tpm, rate; /* rate: requests per second of the adaptive pace */
	int64_t hold_until_us;            /* 0: no hold */
	char hold_source[64];             /* which header or rule set it; "" without a hold */
	char belief[96];      /* what the adaptive pace takes the limit for; "" for other paces */
	enum bound belief_of; /* the bound that this is about */
};
void lane_view(const struct lane *l, int64_t now_us, struct lane_view *out);

#endif
