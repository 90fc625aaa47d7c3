/* The border between the engine and its watchers. ui/ includes this header, its words.h and
 * figures.h, snapshot_json.h, and src/base/, and nothing else of src/; all data is copied out, so a
 * dashboard may also use a socket. Times are monotonic microseconds of the snapshot's `now_us`
 * clock unless named wall. The engine sanitises all text from outside before it passes here. */
#ifndef SLUICE_PORT_H
#define SLUICE_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "figures.h"
#include "replay_view.h"
#include "service_view.h"
#include "item_fields.h"
#include "totals.h"

enum { MODEL_COSTS_SHOWN = 16, COST_NAME_SIZE = 96 };

/* One model of the run, earlier sessions included. */
struct model_cost_view {
	char name[COST_NAME_SIZE]; /* "other": no model is named, or there are too many */
	uint64_t answers;          /* that were paid for */
	uint64_t unpriced;         /* of them, those whose cost is not known */
	double tokens_in, tokens_out, tokens_cached,
		tokens_cache_write; /* the latter parts of in */
	double usd;                 /* as far as known; negative: not known */
};

/* The cost of the run, earlier sessions included; negative: none, or no price known. */
struct cost_view {
	double tokens, usd;                     /* spent */
	double projected_tokens, projected_usd; /* by the end, at the cost of an item so far */
	double budget_tokens, budget_usd;
	uint64_t ends_at_item; /* of the run: there a budget will be used up; 0: it suffices */
	bool earlier;          /* some of it was spent by earlier sessions */
	bool expected;         /* prices or a budget of dollars are given */
	uint64_t unpriced;     /* answers whose cost is not part of usd */
	uint64_t asked; /* items of this session that took an attempt and were not cancelled */
	uint64_t tokens_cached, tokens_cache_write; /* of this session's tokens in */
	int n_models;                               /* the most expensive first */
	struct model_cost_view model[MODEL_COSTS_SHOWN];
};

/* The session so far, in figures for its end. */
struct session_view {
	int64_t avg_us, p50_us, p90_us, p99_us, max_us; /* latencies of ok answers; -1: none */
	struct stream_summary streams;
	double speed_up; /* the time these took together over the time that passed; -1 */
	double bound_share[BOUND_COUNT]; /* sums to 1 once anything ran */
};

/* The state of a lane, or of the lanes of an endpoint together. */
struct lane_figures {
	bool breaker_open; /* the circuit breaker is open or half-open: single probes only */
	int concurrency;
	bool concurrency_auto;
	uint32_t in_flight;
	double answers_now, rate_limited_per_min;
	int64_t hold_until_us; /* 0: no hold */
	uint64_t answered, ok;
};

/* One of several endpoints, as a row. It is held when all of its models are. */
struct endpoint_view {
	char name[ENDPOINT_NAME_SIZE];
	bool chosen; /* commands about limits act on it */
	bool paused; /* by the operator */
	double weight;
	char hold_source[64]; /* "" without a hold */
	struct lane_figures lane;
	struct stage_view stage;
};

enum { MODELS_SHOWN = 64, MODEL_NAME_SIZE = 48 };

/* One of several models that are asked at an endpoint: each has limits of its own. */
struct model_view {
	int endpoint; /* an index of snapshot.endpoints */
	char name[MODEL_NAME_SIZE];
	double rpm; /* its own limit of requests per minute; negative: none */
	char hold_source[64];
	struct lane_figures lane;
};

/* How a dashboard is connected to a run in another process. */
enum run_link {
	RUN_LINK_UP,
	RUN_LINK_LOST, /* nothing was heard for some seconds: what is shown is of then */
	RUN_LINK_OVER  /* the process has ended: what is shown was its last */
};

struct snapshot {
	char run_name[160]; /* the input's file name */
	char endpoint[160]; /* base URL without credentials */
	enum run_state state;
	char state_note[200]; /* note on the state for the operator; "" */
	int64_t now_us, wall_us, elapsed_us;
	bool read_only;
	bool past; /* by the files of a run that is not here: nothing steers it. Figures of the last
		      minute are those of its last one, latencies those of the whole run */
	struct replay_view replay;  /* it is a moment of the run */
	enum run_link link;         /* of a run in another process */
	int64_t unheard_us;         /* since it was heard last, unless RUN_LINK_UP: now_us stands
				       still */
	bool retries_go_on;         /* of a paused run */
	bool paused_itself;         /* for the reason in state_note; not by the operator */
	enum run_question question; /* that the operator is asked in this pause */
	int64_t answer_by_us; /* then the run drains if nobody touches a key; 0: no question */
	char results[256], errors[256], journal[256]; /* paths of the run's files; "": none */

	struct item_counts items;
	bool total_known;           /* the input was read to its end */
	uint64_t total_estimate;    /* from the share of bytes read, = items.total once known;
				       0: unknown, as of a pipe */
	struct input_part part;     /* the items are this part of the input; else all of it */
	uint64_t resumed;           /* of ok + failed + cancelled: ended in an earlier session */
	enum standstill standstill; /* the state is HELD or PAUSED because of it */
	int64_t eta_low_us, eta_high_us; /* to the end of the items or of the budget; -1: unknown */
	int64_t held_until_us; /* the run is HELD until then; 0: it is not, or nobody knows */
	uint64_t left_out;     /* items that this does not count, since they are held */
	uint64_t tagged;       /* items, by operators */

	/* The endpoints of a run with several, or with several models; 0: there is one of each.
	 * Limits and holds below belong to the chosen one, everything else to the run. */
	int n_endpoints;
	struct endpoint_view endpoints[ENDPOINTS_MAX];
	int n_models; /* of endpoints that are asked for several, in the order of the endpoints */
	struct model_view models[MODELS_SHOWN];
	bool pipeline;      /* the endpoints are the stages of one */
	uint32_t open_rows; /* of a pipeline: rows in progress */

	int concurrency;   /* attempts allowed in flight now */
	uint32_t requests; /* in flight, of the whole run; of a pack one for all of its items */
	bool concurrency_auto, concurrency_manual;
	int concurrency_cap;
	struct limit_view rpm, tpm, rate; /* rate: requests per second of the adaptive pace */
	double answers_now, answers_avg;  /* answers per second: last 5 s, whole session */
	double tokens_now;                /* tokens in and out per second, last 5 s */
	double rate_limited_per_min;
	enum bound bound_now;            /* of the last seconds */
	double bound_share[BOUND_COUNT]; /* of the last minute; sums to 1 once anything ran */
	int64_t hold_until_us;           /* 0: no hold */
	char hold_source[64 + MODEL_NAME_SIZE + 2]; /* which header or rule set it; after the
						       model, if there are several */
	char hold_words[200];                       /* the server's last words; "" when none */
	char belief[96 + MODEL_NAME_SIZE + 2]; /* the limit as the adaptive pace sees it; "" for
						  other paces */
	enum bound belief_of;                  /* the bound that this is about */

	struct session_view session;
	struct latency_summary latency;
	struct stream_summary streams;
	uint32_t latency_bins[LATENCY_BINS];
	uint64_t attempts; /* answered or failed attempts of this session */
	uint64_t retries;  /* attempts after an item's first */
	uint64_t resent;   /* of them, sent again by libcurl when a connection ended */
	uint64_t doubtful; /* items that ended with an answer which may be another's */
	uint64_t cached,
		shared; /* without an attempt: answers of an earlier run, answers of another item */
	uint64_t packed_items, packed_requests; /* answered ok together, in so many requests */
	uint64_t outcomes[OUTCOME_COUNT]; /* of attempts; sums to attempts (but for BAD_INPUT) */
	uint64_t final_failures[OUTCOME_COUNT]; /* of items failed, by their last outcome */
	uint64_t tokens_in, tokens_out;
	uint64_t estimated_in, estimated_out; /* of answers that report none; not in the above */
	uint64_t bytes_in, bytes_out;
	struct cost_view cost;

	uint64_t last_event; /* sequence number of the newest event; 0: none yet */
	int history_len;     /* seconds in history, newest last */
	struct history_second history[HISTORY_SECONDS];
};

/* What the files have of an item that ended. Numbers that are not there are -1, texts "". */
struct item_facts {
	bool known; /* all of it was read; else it follows later, and nothing here counts */
	int64_t latency_us, first_token_us, tokens_in, tokens_out;
	double usd;
	int64_t ended_wall_us;
	char finish[32], endpoint[ENDPOINT_NAME_SIZE];
	char stage[ENDPOINT_NAME_SIZE]; /* of a pipeline's item that failed: where */
	char answer[200];               /* the first words, on one line */
};

/* One item as a row of a list. */
struct item_row {
	uint64_t line; /* of the input, from 1; unique */
	char id[64];   /* cut and sanitised */
	enum item_state state;
	enum outcome outcome; /* of the last attempt; OUTCOME_OK when there was none */
	/* max_attempts is 0 when the attempts of several stages are added up */
	int attempt, max_attempts;
	int64_t age_us; /* since the first attempt started; -1: none yet */
	int64_t due_us; /* when the wait ends; 0: not waiting */
	int status;     /* HTTP status of the last answer; 0: none */
	char phase[12]; /* "connect", "sent", "receiving", "streaming"; "" when not in flight */
	char model[48];
	uint64_t bytes_in;
	uint64_t tokens_out; /* of a stream in flight so far, about one a piece */
	int64_t idle_us;     /* in flight: since a byte moved; -1: not in flight */
	char host[48];       /* in flight: of the request's URL */
	/* The server's name for the request: in flight once its headers came, waiting that of the
	 * last attempt; "" else. */
	char request_id[48];
	char stage[ENDPOINT_NAME_SIZE]; /* of a pipeline: in flight or waiting; "" */
	bool tagged;                    /* by an operator */
	struct item_facts facts;
};

/* Which items and in what order. The filter is words separated by blanks, all of which must hold;
 * "!" before a word negates it. A word is FIELD:VALUES, see item_fields.h: a comma divides values
 * of which one must hold; numbers take >N, >=N, <N, <=N, =N and N-M, codes 5xx. Plain TEXT is
 * looked for in id and error; a state's or outcome's bare name counts as state: or outcome:.
 * Another word before a colon is an error; in "quotes" blanks, colons and commas are text. Texts
 * match without case, anywhere. Words about what is not in memory read files, in the background; so
 * do orders. */
struct item_query {
	char filter[200];     /* "" all */
	enum item_field sort; /* a field that sorts; another: by line */
	bool descending;
	bool facts; /* rows are to have their facts; another query it is not */
};

/* The items in flight, oldest first, then waiting ones by due time: a fixed list beside the
 * queries. */
#define QUERY_ACTIVE ((const struct item_query *)NULL)

struct rows_info {
	uint64_t total;  /* rows of the query found so far */
	bool complete;   /* all items were scanned */
	double progress; /* share of the items scanned, 0 to 1 */
	bool busy;       /* other clients read too many other lists; ask again in a few seconds */
	char error[400]; /* the error in the filter; "" */
};

/* A text of a conversation, decoded: "user" said it, "assistant calls get_weather". */
struct said {
	char stage[ENDPOINT_NAME_SIZE]; /* of a pipeline, that has the answer; "" */
	char role[96];
	bool answer; /* else it is a part of the request */
	char *text;
	size_t len;
};

/* Everything about one item. Texts are as they came but for secrets, which are redacted; they are
 * NOT sanitised (they are for saving, too): who shows them does. Freed by port_detail_free(). */
struct item_detail {
	struct item_row row;
	int priority;
	char *request_head;  /* "POST URL" and header lines */
	char *request_body;  /* NULL: none */
	char *response_head; /* status line, header lines as far as kept; NULL: no answer kept */
	char *response_body; /* NULL: none; while receiving, the part so far */
	size_t request_body_len, response_body_len;
	char *stages;   /* of a pipeline: the state of each stage, JSON; NULL */
	char *metadata; /* JSON; NULL */
	char *error;    /* NULL */
	struct said
		*said; /* what the bodies say to people, in their order; NULL: no text is known */
	size_t n_said;
	char finish[32]; /* why the model finished, in the words of its API; "" */
	struct attempt_view attempt[DETAIL_ATTEMPTS]; /* the latest, oldest first */
	int attempts;
};

/* A command line of an operator. */
struct command_request {
	const char *text;
	const char *by; /* who asks, for the log: "sluice[4711]"; NULL: whoever sits at the run */
	const char *folder; /* in which a relative path of the text is; NULL: that of the run */
	bool dry_run;       /* only count the items that it would change */
};

/* The answer to a command. */
struct command_reply {
	bool ok;
	uint64_t
		job; /* the rest of the items follows as this job: see port_job(); 0: all is done */
	uint64_t items; /* that were changed so far, or that would be */
	char text[200]; /* the result, or the error in the command; one line */
};

/* A command on many items. */
struct job_view {
	bool active;
	bool ok;        /* of one that has ended: it did what it was to do */
	uint64_t items; /* changed or written so far */
	char text[200]; /* the result of one that has ended; one line */
};

/* A command of the one table (control/command.c), for help and completion. */
struct command_info {
	const char *name; /* "set concurrency" */
	const char *args; /* "N|+N|-N|auto"; "" */
	const char *help;
};

/* Which slots of the chart of the run. */
struct chart_query {
	bool recent;   /* the last minutes by the second; else the whole run */
	uint32_t from; /* the slot to begin with, 0: the oldest. Of the whole run, slots before the
			  newest one change only with the span of a slot */
};

struct port_ops {
	void (*snapshot)(void *ctx, struct snapshot *out);
	/* Fills up to n rows of the query (QUERY_ACTIVE: the fixed list) from offset on; returns
	 * how many. A port keeps the queries that were asked last, and starts others anew. */
	size_t (*rows)(void *ctx, const struct item_query *q, uint64_t offset, struct item_row *out,
		size_t n, struct rows_info *info);
	/* The place of the item of an input line among the query's rows; false: it is not there. */
	bool (*locate)(void *ctx, const struct item_query *q, uint64_t line, uint64_t *offset);
	/* The row of an input line; false: there is no such item. */
	bool (*row)(void *ctx, uint64_t line, struct item_row *out);
	/* Everything about the item of an input line, bodies and heads only with `content`; false:
	 * there is none, or it is late. Release with port_detail_free(). */
	bool (*detail)(void *ctx, uint64_t line, bool content, struct item_detail *out);
	/* Up to n error groups, most attempts first; *total: how many there are. */
	size_t (*errors)(void *ctx, struct error_group *out, size_t n, size_t *total);
	/* Up to n events with seq > since, oldest first; the oldest may be gone already. */
	size_t (*events_since)(void *ctx, uint64_t since, struct event *out, size_t n);
	void (*command)(void *ctx, const struct command_request *r, struct command_reply *out);
	/* The job of that number, of a command_reply; false: a later one of its kind has begun. */
	bool (*job)(void *ctx, uint64_t number, struct job_view *out);
	/* The command table; *n gets its length. */
	const struct command_info *(*commands)(void *ctx, size_t *n);
	/* What the session has counted by endpoint and model. */
	void (*totals)(void *ctx, struct totals *out);
	/* The operator is at the keys; NULL: this watcher's do not count. */
	void (*attended)(void *ctx);
	/* Up to n slots of the chart, oldest first; it changes once a second. NULL: none is known.
	 */
	size_t (*chart)(void *ctx, const struct chart_query *q, struct chart_slot *out, size_t n,
		struct chart_info *info);
	/* Up to n rows of what requests came to, at most USAGE_ROWS_SHOWN: by kind, the most
	 * expensive first. NULL: none is known. */
	size_t (*usage)(void *ctx, struct usage_row *out, size_t n);
	/* What the error group of that id hit; false: there is none. NULL: none is known. */
	bool (*error_hits)(void *ctx, uint32_t id, struct error_hits *out);
	/* Is something that the last calls asked for still on its way, so that they answered less
	 * than there is? A later call has it. NULL: never. */
	bool (*late)(void *ctx);
	/* The port is a service's, and this what it has beside; NULL: it is a run's. */
	const struct service_ops *service;
};

/* An engine, or a stand-in for one. */
struct port {
	const struct port_ops *ops;
	void *ctx;
};

static inline void port_snapshot(const struct port *p, struct snapshot *out)
{
	p->ops->snapshot(p->ctx, out);
}

static inline size_t port_rows(const struct port *p, const struct item_query *q, uint64_t offset,
	struct item_row *out, size_t n, struct rows_info *info)
{
	return p->ops->rows(p->ctx, q, offset, out, n, info);
}

static inline bool port_locate(
	const struct port *p, const struct item_query *q, uint64_t line, uint64_t *offset)
{
	return p->ops->locate(p->ctx, q, line, offset);
}

static inline bool port_row(const struct port *p, uint64_t line, struct item_row *out)
{
	return p->ops->row(p->ctx, line, out);
}

static inline bool port_detail(const struct port *p, uint64_t line, struct item_detail *out)
{
	return p->ops->detail(p->ctx, line, true, out);
}

/* The same without heads and bodies, which may be long. */
static inline bool port_summary(const struct port *p, uint64_t line, struct item_detail *out)
{
	return p->ops->detail(p->ctx, line, false, out);
}

static inline size_t port_errors(
	const struct port *p, struct error_group *out, size_t n, size_t *total)
{
	return p->ops->errors(p->ctx, out, n, total);
}

static inline size_t port_events_since(
	const struct port *p, uint64_t since, struct event *out, size_t n)
{
	return p->ops->events_since(p->ctx, since, out, n);
}

static inline void port_command(const struct port *p, const char *text, struct command_reply *out)
{
	p->ops->command(p->ctx, &(struct command_request){.text = text}, out);
}

static inline void port_ask(
	const struct port *p, const struct command_request *r, struct command_reply *out)
{
	p->ops->command(p->ctx, r, out);
}

static inline bool port_job(const struct port *p, uint64_t number, struct job_view *out)
{
	return p->ops->job(p->ctx, number, out);
}

static inline const struct command_info *port_commands(const struct port *p, size_t *n)
{
	return p->ops->commands(p->ctx, n);
}

static inline void port_totals(const struct port *p, struct totals *out)
{
	p->ops->totals(p->ctx, out);
}

static inline void port_attended(const struct port *p)
{
	if (p->ops->attended)
		p->ops->attended(p->ctx);
}

static inline size_t port_chart(const struct port *p, const struct chart_query *q,
	struct chart_slot *out, size_t n, struct chart_info *info)
{
	*info = (struct chart_info){.span_s = 1};
	return p->ops->chart ? p->ops->chart(p->ctx, q, out, n, info) : 0;
}

static inline size_t port_usage(const struct port *p, struct usage_row *out, size_t n)
{
	return p->ops->usage ? p->ops->usage(p->ctx, out, n) : 0;
}

static inline bool port_error_hits(const struct port *p, uint32_t id, struct error_hits *out)
{
	return p->ops->error_hits && p->ops->error_hits(p->ctx, id, out);
}

static inline bool port_late(const struct port *p)
{
	return p->ops->late && p->ops->late(p->ctx);
}

/* Frees the result of port_detail(). */
void port_detail_free(struct item_detail *d);

#endif
