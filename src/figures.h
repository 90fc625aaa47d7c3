/* The figures and records of a run that the core keeps as they are shown: latencies, limits,
 * seconds of the past, groups of failures, attempts, events. What a snapshot puts together of them
 * is in port.h. Times are monotonic microseconds unless named wall. */
#ifndef SLUICE_FIGURES_H
#define SLUICE_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include "words.h"

/* Latencies in us of the last 60 s; -1: none. */
struct latency_summary {
	int64_t p50_us, p90_us, p99_us, max_us;
	int64_t first_byte_p50_us, first_byte_p99_us;
};

/* Streamed answers of the last 60 s: until the first token, between two; -1: none. */
struct stream_summary {
	bool any; /* else all that follows is 0 */
	int64_t first_token_p50_us, first_token_p99_us, gap_p50_us, gap_p99_us;
	double tokens_per_s; /* an answer is written at; negative: not known */
};

/* One limit as configured (by option or operator), as the server reported it and as used now; a
 * negative number means none. */
struct limit_view {
	double configured, server, used;
	bool manual; /* set by hand: wins until `auto` */
};

enum { HISTORY_SECONDS = 300 };

/* What happened to the limits in force in a second, for marks on plots; the most telling of
 * several. HELD: nothing was sent. SESSION: one began. */
enum mark {
	MARK_NONE,
	MARK_REFUSED,
	MARK_LATENCY,
	MARK_GREW,
	MARK_SERVER,
	MARK_OPERATOR,
	MARK_HELD,
	MARK_SESSION
};

/* Latencies of the last 60 s as a histogram: bin i counts from latency_bin_us(i) up to that of the
 * next; two bins to a doubling. */
enum { LATENCY_BINS = 40 };

/* One second of the past, for plots. */
struct history_second {
	uint32_t answered, ok, rate_limited;
	uint32_t in_flight, concurrency;
	int32_t latency_p50_ms; /* -1: no answer in that second */
	uint32_t tokens;
	uint8_t mark; /* enum mark */
};

/* A span of a run's past, for charts of the whole run. Counts and in_flight are sums over its
 * seconds; so a mean is a sum over `seconds`. */
struct chart_slot {
	uint32_t seconds; /* 0: none */
	uint32_t answered, ok, rate_limited;
	uint32_t concurrency; /* at its end */
	uint32_t medians;     /* seconds that had a median latency, */
	float medians_ms;     /* and the sum of these */
	uint32_t marks;       /* a bit 1 << enum mark for each that a second had */
	uint64_t tokens, in_flight;
	uint32_t latency[LATENCY_BINS]; /* answers by latency; all 0: not known */
};

/* All of a run, earlier sessions included, is at most so many slots. */
enum { CHART_SLOTS = 512 };

/* What the slots of a chart are. */
struct chart_info {
	uint32_t span_s;  /* seconds of a slot; the newest one may have fewer yet */
	uint32_t slots;   /* how many there are */
	uint64_t seconds; /* of all of them */
};

/* What requests to a model, to an endpoint or of a stage came to, earlier sessions included. */
enum usage_kind { USAGE_MODEL, USAGE_ENDPOINT, USAGE_STAGE, USAGE_KINDS };
enum { USAGE_NAME_SIZE = 96, USAGE_ROWS_SHOWN = 96 };

struct usage_row {
	enum usage_kind kind;
	char name[USAGE_NAME_SIZE];                     /* "" for requests that name no model */
	uint64_t requests, ok, rate_limited, cancelled; /* the latter three are of the first */
	int64_t p50_us, p99_us;                         /* of ok answers; -1: none */
	uint64_t tokens_in, tokens_out;
	double usd, usd_per_min; /* spent, in the last minute; negative: no price is known */
};

/* A stage of a pipeline, beside what its endpoint tells. */
struct stage_view {
	uint32_t after; /* a bit for each stage it stands directly behind */
	uint32_t ready, waiting, held;
	uint64_t done, failed, skipped; /* done: of earlier sessions, too, as far as they were
					   taken up */
};

/* Failed attempts with the same outcome, status, code and normalised message. */
struct error_group {
	uint32_t id; /* for group:N and commands; stays the same during a session */
	enum outcome outcome;
	int status;
	char code[64], message[256]; /* of the first one */
	char sample_id[64];          /* an item it happened to */
	uint64_t attempts;           /* how often */
	uint64_t items;              /* items whose last attempt ended so and that are not ok */
	uint64_t final;              /* of them failed for good */
	int64_t first_wall_us, last_wall_us;
	uint32_t per_minute[10]; /* attempts of the last ten minutes, newest last */
};

/* What a group of failures hit. */
enum { ERROR_SAMPLES = 5, ERROR_HITS = 6, ERROR_HIT_NAME = 48 };

struct error_hit {
	char name[ERROR_HIT_NAME];
	uint64_t attempts; /* 0: no more of them */
};

struct error_hits {
	char sample[ERROR_SAMPLES][64]; /* ids of the last items it happened to, newest first */
	struct error_hit model[ERROR_HITS];
	struct error_hit place[ERROR_HITS]; /* endpoints if there are several, or stages */
};

/* An ended attempt, for the inspector. */
struct attempt_view {
	int number;
	int64_t started_wall_us, latency_us, first_byte_us, connect_us, wait_us; /* -1: none */
	int64_t first_token_us;        /* of a stream; -1 */
	float tokens_per_s;            /* of a stream, while it wrote; negative: not known */
	int64_t tokens_in, tokens_out; /* as reported; -1: not */
	double usd;                    /* negative: not known */
	enum outcome outcome;
	int status;
	char request_id[80], message[256];
	char queue[ENDPOINT_NAME_SIZE];    /* of its task: a stage of a pipeline; "" */
	char endpoint[ENDPOINT_NAME_SIZE]; /* that was asked, if there are several; "" */
};

enum { DETAIL_ATTEMPTS = 16 };

/* EVENT_DEBUG: for those who asked for each step. EVENT_NOTE: as INFO, but shown by plain lines
 * too. */
enum event_level { EVENT_INFO, EVENT_WARNING, EVENT_ERROR, EVENT_DEBUG, EVENT_NOTE };

struct event {
	uint64_t seq; /* from 1, no gaps */
	int64_t wall_us;
	enum event_level level;
	enum outcome outcome; /* of the attempt that it is about, whose label is in the text; else
				 OUTCOME_OK */
	uint64_t line;        /* of the item that it is about; 0: none */
	uint32_t group;       /* of its failure; 0: none */
	char endpoint[ENDPOINT_NAME_SIZE]; /* whose limit it is about; "" */
	char text[320];
};

/* Lower bound of a latency bin in us. */
int64_t latency_bin_us(int bin);

/* The part of the input that a trial run does. */
struct input_part {
	uint64_t first;        /* so many items; 0: it is not the first ones */
	uint64_t sample, seed; /* so many, chosen under this seed; 0: it is no sample */
	uint64_t of;           /* items of the whole input; 0: not known */
	bool of_estimated;
};

/* Is it a part at all? */
static inline bool input_part_is(const struct input_part *p)
{
	return p->first || p->sample;
}

#endif
