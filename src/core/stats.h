/* Statistics: counters, rates by the second, latencies of the last minute, the time left. Pure;
 * fixed size. */
#ifndef SLUICE_CORE_STATS_H
#define SLUICE_CORE_STATS_H

#include "api/response.h"
#include "base/histogram.h"
#include "core/chart.h"
#include "figures.h"

enum {
	STATS_SLOTS = 12, /* latency histograms, five seconds each */
	STATS_SLOT_S = 5,
	STATS_RATE_S = 5, /* "now" means this many seconds */
};

/* Why nothing starts: it was stopped by the operator, or it is held by the server. */
enum stats_stop { STATS_GOES, STATS_STOPPED, STATS_HELD };

/* One second of the past: what the plots show, and more. */
struct stats_second {
	struct history_second shown;
	uint32_t started;             /* attempts */
	uint32_t stopped_us, held_us; /* of it; see enum stats_stop */
	uint32_t ended;               /* items that reached a final state */
	uint32_t reused;              /* of them, those that ended with a known answer */
	uint64_t tokens;
};

struct latency_slot {
	struct histogram latency, first_byte;
	struct stream_times streams;
	double stream_tokens, stream_us; /* of all streams: tokens, and the time they took */
};

struct stats {
	int64_t start_us, second_us; /* start; start of the current second */
	int64_t idle_since_us;       /* when the last work ended; 0: there is work */
	enum stats_stop stop;        /* in force, */
	int64_t stop_counted_us;     /* counted up to here */
	int64_t stopped_us;          /* in all */
	int seconds;                 /* seconds seen, the current one included */
	struct stats_second ring[HISTORY_SECONDS];
	struct histogram second_latency; /* of the current second */
	uint32_t second_marks;           /* of it: a bit 1 << enum mark for each */
	struct chart *chart;             /* takes the seconds that have passed; borrowed; NULL */
	struct latency_slot slot[STATS_SLOTS];
	struct histogram all; /* latencies of the ok answers of the whole session */
	struct stream_times all_streams;
	double all_stream_tokens, all_stream_us;
	struct stream_times pending; /* until the current second closes */

	uint64_t attempts, retries, answered;
	uint64_t resent; /* of the attempts, those that connections sent again by themselves */
	uint64_t outcomes[OUTCOME_COUNT];
	uint64_t final_failures[OUTCOME_COUNT];
	uint64_t tokens_in, tokens_out, bytes_in, bytes_out;
	uint64_t tokens_cached, tokens_cache_write; /* parts of tokens_in */
	uint64_t estimated_in, estimated_out;       /* tokens that were paid for and not reported */
	uint64_t ended;  /* items that reached a final state in this session */
	uint64_t reused; /* of them, those that ended with a known answer */
	uint64_t asked;  /* of them, those that took an attempt and were not cancelled */
};

/* Clears all; the first second begins now. */
void stats_init(struct stats *s, int64_t now_us);
/* Closes the seconds that have passed; to be called before anything is counted or shown. in_flight
 * and concurrency: of the closing second. */
void stats_advance(struct stats *s, int64_t now_us, int in_flight, int concurrency);
/* Nothing starts from now on, for this reason, or things start again. To be called after
 * stats_advance(). */
void stats_stop(struct stats *s, int64_t now_us, enum stats_stop stop);
/* The second that lies so many before the current one, less than HISTORY_SECONDS. */
const struct stats_second *stats_past(const struct stats *s, int back);
/* A request was sent. */
void stats_started(struct stats *s, bool is_retry);
/* A connection sent a request n times again by itself. */
void stats_resent(struct stats *s, unsigned n);
/* A stream brought so many more tokens. */
void stats_written(struct stats *s, uint64_t tokens);
/* A request was answered or failed. written: of its tokens, those that stats_written() has counted.
 */
void stats_answered(
	struct stats *s, const struct answer *a, const struct verdict *v, uint64_t written);
/* Marks a change of a limit in this second; of several changes the most important one stays. */
void stats_mark(struct stats *s, enum mark mark);
/* An item reached a final state. reused: it ended with a known answer. asked: it took an attempt.
 */
void stats_ended(
	struct stats *s, enum item_state state, enum outcome outcome, bool reused, bool asked);
/* An item that failed with this outcome is queued again. failed: how many items are failed now,
 * those of earlier sessions included, which are not counted here. */
void stats_requeued(struct stats *s, enum outcome outcome, uint64_t failed);
/* idle: there is nothing left to do. The time of the session stands still until there is again: an
 * hour that an operator spends on a finished run does not count. */
void stats_idle(struct stats *s, int64_t now_us, bool idle);
/* How long the session has had work. */
int64_t stats_elapsed(const struct stats *s, int64_t now_us);

/* The times of the session so far. */
struct session_times {
	int64_t avg_us, p50_us, p90_us, p99_us, max_us; /* latencies of ok answers; -1: none */
	struct stream_summary streams;
	double speed_up; /* the sum of the latencies over the time that passed; -1: unknown */
};

/* The statistics as screens show them: named as on the port, which explains them. */
struct stats_view {
	int64_t elapsed_us;
	double answers_now, answers_avg, tokens_now, rate_limited_per_min;
	struct session_times session;
	struct latency_summary latency;
	struct stream_summary streams;
	uint32_t latency_bins[LATENCY_BINS];
	uint64_t attempts, retries, resent;
	uint64_t outcomes[OUTCOME_COUNT], final_failures[OUTCOME_COUNT];
	uint64_t estimated_in, estimated_out;
	uint64_t tokens_in, tokens_out, bytes_in, bytes_out;
	uint64_t tokens_cached, tokens_cache_write, asked;
};

/* Computes the view. */
void stats_view(const struct stats *s, int64_t now_us, struct stats_view *out);
/* Copies the seconds that have passed, newest last; returns how many. */
int stats_history(const struct stats *s, struct history_second out[HISTORY_SECONDS]);

#endif
