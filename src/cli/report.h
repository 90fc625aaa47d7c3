/* The figures of a run from its files, gathered in one pass over each. Memory: one map slot for
 * each item that ever failed or was cancelled; everything else is bounded. */
#ifndef SLUICE_CLI_REPORT_H
#define SLUICE_CLI_REPORT_H

#include <stdio.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/histogram.h"
#include "base/idmap.h"
#include "base/json.h"
#include "core/error_groups.h"
#include "ledger/paths.h"
#include "ledger/record.h"
#include "ledger/voids.h"

struct report_files {
	struct ledger_paths paths;
	bool has_errors, has_journal; /* the results are always there */
	pid_t holder;                 /* of the run that writes them now; 0: none */
	uint64_t bad_lines;
	bool torn; /* the last line of results or journal is not whole */
};

/* Items by the state they are in now. */
struct report_items {
	uint64_t ok, failed, cancelled;
	uint64_t failures[OUTCOME_COUNT]; /* of the failed, by outcome */
	/* Of the ok items: */
	uint64_t cached, shared;       /* with an answer of an earlier run, of another item */
	uint64_t packed;               /* sent with others */
	double packed_requests;        /* in so many requests */
	int64_t tokens_in, tokens_out; /* -1: none reported */
	int64_t tokens_cached, tokens_cache_write; /* parts of tokens_in; -1: none */
	int64_t estimated_in, estimated_out;       /* tokens that were paid for and not reported */
};

/* Failed attempts, by the journal, and items whose line is no request. */
struct report_attempts {
	uint64_t n, retries;            /* of the items that ended, by their records */
	uint64_t failed[OUTCOME_COUNT]; /* by the journal */
	uint64_t resent;                /* requests that the transport sent once more */
	struct error_groups errors; /* with the words of the server; their items are not counted */
};

/* Of the ok items. */
struct report_times {
	struct histogram latency, first_byte;
	struct histogram first_token, gap; /* of streams; gaps on average */
	double stream_tokens, stream_s;    /* tokens of streams, and the time that they took */
};

struct report_sessions {
	uint64_t n;
	int64_t elapsed_ms; /* of a killed one until its last record */
	int64_t requests;   /* of the sessions that wrote their end; -1: none reported */
	uint64_t stops;     /* sessions that wrote their end */
	/* Latencies of their answers together, and the time in which these came. */
	double busy_ms, busy_elapsed_ms;
	int64_t start_us, last_us;          /* wall clock: of the last start, of the last record */
	char first_time[32], last_time[32]; /* of the journal's records, RFC 3339; "" */
	bool stopped;                       /* the last session wrote its end */
	struct buf start, stop;             /* the last records of these kinds, "" if none */
};

struct report {
	struct report_files files;
	struct report_items items;
	struct report_attempts attempts;
	struct report_times times;
	struct report_sessions sessions;
	struct voids voids; /* answers in doubt, void lines */

	struct record_keys keys; /* for this report only */
	struct idmap
		ended; /* record_id_key() to the item's state by the journal, for report_read.c */
};

/* Reads the files that belong to this results file; it takes no lock and changes nothing. False and
 * err when there is no such file or it holds no results. report_free() in any case. */
bool report_read(struct report *r, const char *results, struct error *err);
void report_free(struct report *r);

/* The items there were in all, as the last stop has it; -1: not known. */
int64_t report_total(const struct report *r);
/* The part of the input that the last session had; false: it had all. */
bool report_part(const struct report *r, struct input_part *out);
/* A member of the last start or stop record; at NULL: none. */
struct json_span report_member(const struct buf *record, const char *name);
/* "running", "finished", "stopped" (resumable), "interrupted" (killed; resumable), "not started",
 * "unknown" (there is no journal). */
const char *report_state(const struct report *r);

/* Append the report to out, for people and for programs. */
void report_print_text(struct report *r, struct buf *out);
/* In ASCII, so that no text can control a terminal. */
void report_print_json(struct report *r, struct buf *out);

#endif
