/* The pace of one lane (endpoint + key + model): when the next attempt may start, and which bound
 * holds it back. Pure: every function takes now (monotonic us); no clock, no I/O, and no allocation
 * but lane_new(). */
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
	int concurrency;     /* attempts in flight; 0: auto */
	int max_concurrency; /* ceiling of auto; 0: 1024 */
	int most_in_flight;  /* ceiling by the system, for the operator too; 0: none */
	double rpm, tpm;     /* requests and tokens per minute; 0: off */
	int window_count;    /* sliding window: at most this many sends in window_us; 0: off */
	int64_t window_us;
	int64_t timeout_us; /* --timeout of an attempt; 0: not known */
};

/* When the next attempt may start, and what holds it back. */
struct lane_verdict {
	int64_t at_us; /* <= now: send now; else ask again then; NEVER_US: ask after the next answer
			*/
	enum bound bound; /* the tightest limit; BOUND_NONE when sending now */
};

/* What a lane needs to know about an attempt when its answer comes. Filled by lane_sent() and kept
 * by the caller until lane_answered(). */
struct lane_ticket {
	int64_t sent_us; /* by the clock of lane_sent() */
	uint64_t seq;
	float tokens;                    /* estimated cost */
	float rate;                      /* adaptive rate when it was sent, per second */
	float weight;                    /* see auto.h */
	uint32_t in_flight;              /* when it was sent, itself included */
	double weight_sum, answered_sum; /* weight the lane had sent, with it, and had answered */
};

/* An ended attempt as the lane sees it. */
struct lane_answer {
	enum outcome outcome;
	int status;
	int64_t latency_us;
	int64_t wait_us;         /* the wait that the server asked for; -1: none */
	bool cut_off;            /* the connection was refused or reset before any answer came */
	const char *wait_source; /* the header that asked; borrowed; NULL: not known */
	int64_t tokens;          /* real usage; -1: not reported */
	const struct reported_limits *limits; /* limits in the headers, borrowed; NULL: none read */
	bool one_task; /* it was refused for a cause that may be its task's alone: 401, 402, 403,
			  404, 412 */
	bool of_all_models; /* it was refused for a cause that concerns every model of the endpoint:
			       the key was rejected, or too many requests are in flight */
};

struct lane; /* under 4 KB */

/* A lane at its start; config is copied. The caller frees it with lane_free(). */
struct lane *lane_new(const struct lane_config *config, int64_t now_us);
/* A lane for another model of the same endpoint and key. It shares the limits of the config and of
 * the operator with the lane l, and adapts by itself. */
struct lane *lane_beside(struct lane *l, int64_t now_us);
/* Sets a limit of requests per minute of the lane's model alone; 0: none. */
void lane_set_model_rpm(struct lane *l, int64_t now_us, double rpm);
/* NULL is fine. */
void lane_free(struct lane *l);

/* May an attempt of this estimated cost in tokens start now? To be asked before each one. */
struct lane_verdict lane_ask(struct lane *l, int64_t now_us, double tokens);
/* An attempt of this estimated cost started; fills the ticket. */
void lane_sent(struct lane *l, int64_t now_us, double tokens, struct lane_ticket *ticket);
/* Should the caller read the limits in the headers of an answer that comes now? At thousands of
 * answers a second only some are read. */
bool lane_reads_headers(const struct lane *l, int64_t now_us);
/* An attempt ended, with any outcome; each lane_sent() needs one call. True when the lane takes the
 * answer for a refusal by a limit: the attempt then does not count for its task. */
bool lane_answered(struct lane *l, int64_t now_us, const struct lane_ticket *ticket,
	const struct lane_answer *a);
/* The last tasks were all refused for good by the same words: opens the breaker. */
void lane_refuse(struct lane *l, int64_t now_us);
/* Were tasks refused for a cause that may be theirs alone, and has nothing passed that was sent
 * after that? */
bool lane_in_question(const struct lane *l);
/* The next probe of the breaker may go now. */
void lane_probe_soon(struct lane *l, int64_t now_us);
/* The same if the breaker is open because of the key. */
void lane_try_key(struct lane *l, int64_t now_us);
/* Is the breaker open for such refusals? */
bool lane_refuses(const struct lane *l);
/* Moves the controller on; call it about every 100 ms while there is work. */
void lane_tick(struct lane *l, int64_t now_us);

/* One decision of the controller or the operator, for the event log and the journal. */
struct lane_change {
	int64_t at_us;
	const char *what; /* static: "concurrency", "rpm", "tpm", "rate", "hold", "breaker",
			   * "server limit", "burst" and "refusals" (warnings) */
	double before,
		after; /* in the unit of `what`; holds in seconds; negative: none, off, auto */
	bool by_hand;
	bool detail;         /* a single step, for --explain-pace; else worth an event */
	char evidence[80];   /* what was seen, one sanitised line */
	char hypothesis[64]; /* what it is taken for; "" when the evidence suffices */
};

/* How many changes there were so far. */
uint64_t lane_changes(const struct lane *l);
/* Copies up to n changes to out, oldest first, from number *seen on, and moves *seen behind them;
 * returns how many. The lane keeps the newest ten: each of several runs may read them. */
size_t lane_take_changes(const struct lane *l, uint64_t *seen, struct lane_change *out, size_t n);

/* Is the circuit breaker open, or half-open (rejected key, used-up quota, a long Retry-After,
 * everything failing)? Tasks then belong in `held`; lane_ask() allows single probes, and the first
 * that passes closes it. The reason and the next probe: hold_source and hold_until_us of
 * lane_view(). */
bool lane_breaker_is_open(const struct lane *l);
/* Is the breaker open, or does the controller hold because everything is refused? Then only single
 * probes go, and their failures do not count for their tasks. */
bool lane_probing(const struct lane *l);
/* Is it probing, or within a hold that the server asked for? */
bool lane_held(const struct lane *l, int64_t now_us);
/* Is it held until a time that the server named, for all that is known? Then hold_until_us of
 * lane_view() is the end; else it is the time of the next probe, which may be in vain. */
bool lane_hold_ends(const struct lane *l, int64_t now_us);

/* What the controller learned, for the journal and for a warm start on resume. */
enum learned_kind { LEARNED_NOTHING, LEARNED_RATE, LEARNED_WINDOW, LEARNED_CONCURRENCY };

struct lane_learned {
	enum learned_kind kind;
	double rate;       /* the last good rate, per second */
	double count;      /* sends per window, or number in flight; 0: not known */
	int64_t window_us; /* length of the window; 0: not known */
	int64_t age_us;    /* age of all this, set by the caller of lane_warm_start() */
	bool spread;       /* limits set by hand were refused: no bursts */
};
/* Fills out but for age_us. LEARNED_NOTHING unless the adaptive pace met a refusal. */
void lane_learned(const struct lane *l, struct lane_learned *out);
/* Does nothing once an attempt was sent. The values are a start, never a ceiling; absurd ones are
 * ignored, and values older than an hour seed the first rate only. */
void lane_warm_start(struct lane *l, int64_t now_us, const struct lane_learned *learned);

/* Attempts that started and have not ended. */
int lane_in_flight(const struct lane *l);
/* The limit of tokens per minute in force; 0: none. */
double lane_tpm(const struct lane *l);
/* The number of attempts allowed in flight now. */
int lane_concurrency(const struct lane *l);
/* The ceiling of attempts in flight by the system, from the config; 0: none. */
int lane_most_in_flight(const struct lane *l);

/* The limits in force, and where they come from. */
struct lane_view {
	int concurrency; /* attempts allowed in flight now */
	bool concurrency_auto, concurrency_manual;
	int concurrency_cap;              /* ceiling of auto; 0: the default */
	struct limit_view rpm, tpm, rate; /* rate: requests per second of the adaptive pace */
	double model_rpm;                 /* the limit of the lane's model alone; negative: none */
	bool breaker_open;
	int64_t hold_until_us; /* 0: no hold */
	char hold_source[64];  /* the header or rule that set it; "" without a hold */
	char belief[96];       /* what the adaptive pace takes the limit for; "" for other paces */
	enum bound belief_of;  /* the bound that this is about */
	bool belief_of_all;    /* it is the operator's limit for all lanes together */
};
/* Fills out with copies. */
void lane_view(const struct lane *l, int64_t now_us, struct lane_view *out);

#endif
