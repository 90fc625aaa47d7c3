/* What meta.json says about a file or a batch: facts with their times, in us since 1970, never a
 * state: that is derived from them. Pure. */
#ifndef SLUICE_SERVE_RECORD_H
#define SLUICE_SERVE_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/json.h"
#include "serve/serve_id.h"

enum { OWNER_SIZE = 64, PURPOSE_SIZE = 32, ENDPOINT_PATH_SIZE = 64, WINDOW_SIZE = 16 };

/* A file of the Files API. */
struct file_record {
	char id[SERVE_ID_SIZE]; /* first: the store's index goes by it */
	TAILQ_ENTRY(file_record) next;
	char owner[OWNER_SIZE]; /* the token's name; "": there are no tokens */
	char purpose[PURPOSE_SIZE];
	char *filename; /* owned */
	uint64_t bytes;
	int64_t created_us;
	int64_t expires_us; /* 0: never */
};

/* What has happened to a batch. */
enum batch_fact {
	FACT_IN_PROGRESS, /* its input is checked */
	FACT_FINALIZING,  /* nothing more is sent */
	FACT_COMPLETED,
	FACT_FAILED, /* its input is refused */
	FACT_EXPIRED,
	FACT_CANCELLING, /* its owner wishes so */
	FACT_CANCELLED,
	BATCH_FACTS
};

enum batch_state {
	BATCH_VALIDATING,
	BATCH_IN_PROGRESS,
	BATCH_FINALIZING,
	BATCH_COMPLETED,
	BATCH_FAILED,
	BATCH_EXPIRED,
	BATCH_CANCELLING,
	BATCH_CANCELLED,
	BATCH_STATES
};

/* Tokens of all answers. */
struct batch_usage {
	uint64_t in, cached, out;
};

struct batch_counts {
	uint64_t total, ok, failed;
	uint64_t unfinished; /* of an expired or a cancelled one: without an answer */
};

struct batch_kind;

struct batch_record {
	char id[SERVE_ID_SIZE]; /* first, as above */
	TAILQ_ENTRY(batch_record) next;
	const struct batch_kind *kind;
	char owner[OWNER_SIZE];
	char endpoint[ENDPOINT_PATH_SIZE]; /* "/v1/embeddings"; "": of the kind's own */
	char input_file[SERVE_ID_SIZE];    /* "": it came with the batch */
	char window[WINDOW_SIZE];          /* as asked for, "24h" */
	char *metadata;                    /* a JSON object; NULL: none; owned */
	char *errors;                      /* a JSON array of a failed one; NULL; owned */
	uint64_t repeat_key;               /* a hash of its Idempotency-Key; 0: it had none */
	uint64_t repeat_body;              /* and of the body that came with it; 0: not known */
	int64_t created_us;
	int64_t expires_us;         /* the end of its window */
	int64_t output_lasts_us;    /* its files expire so long after their making; 0: as usual */
	int64_t at_us[BATCH_FACTS]; /* 0: not yet */
	/* The ids that its files have or will have: a second making replaces the first. */
	char output_file[SERVE_ID_SIZE], error_file[SERVE_ID_SIZE];
	bool paused;          /* by the operator: nothing is started for it */
	bool raised;          /* goes before others of its owner */
	int64_t weight_milli; /* of its share among those of its owner, in thousandths; 0: 1 */
	bool has_output, has_errors; /* they are made */
	struct batch_counts counts;  /* total: once checked; the others: once ended */
	struct batch_usage usage;
	int64_t nano_usd; /* known cost, in 1e-9 dollars; 0: none is known */
	uint64_t bytes;   /* in its folder, as the store has measured it; not written */
	void *run;        /* the runner's; NULL: the batch has ended */
};

/* The name of the fact as a member: "in_progress_at". */
const char *batch_fact_name(enum batch_fact f);
/* "validating", … */
const char *batch_state_name(enum batch_state s);
enum batch_state batch_record_state(const struct batch_record *b);
/* Its weight among the batches of its owner. */
double batch_record_weight(const struct batch_record *b);
/* Will nothing change any more? */
bool batch_record_ended(const struct batch_record *b);

/* Append the record as JSON. */
void file_record_write(const struct file_record *f, struct buf *out);
void batch_record_write(const struct batch_record *b, struct buf *out);
/* The record of a JSON text, to be freed; NULL: it is none, or not of this name. */
struct file_record *file_record_read(const char *name, const char *text, size_t len);
struct batch_record *batch_record_read(const char *name, const char *text, size_t len);
/* NULL is fine. */
void file_record_free(struct file_record *f);
void batch_record_free(struct batch_record *b);

#endif
