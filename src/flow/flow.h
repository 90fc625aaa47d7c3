/* How far one item is in a pipeline: which of its stages may start, given what the others answered.
 * Pure. Whoever sends tells what became of each stage; on a resume it tells what the journal has
 * in any order, and the same stages are ready again as before.
 *
 * A stage may start when all it stands behind are done or skipped. It is skipped when its `when`
 * does not hold; a skipped stage counts as done with empty output, so that those behind it still
 * run unless their own `when` says no. When a stage's `finish_when` holds, or when one fails for
 * good, no further stage starts; those in flight are let finish, since they are paid for, and their
 * outputs kept. The item then ends: ok, or failed if any stage failed. */
#ifndef SLUICE_FLOW_FLOW_H
#define SLUICE_FLOW_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "flow/pipeline.h"

enum flow_stage {
	FLOW_BLOCKED, /* something before it is not done */
	FLOW_READY,
	FLOW_SENT,
	FLOW_WAITING, /* for another attempt */
	FLOW_DONE,
	FLOW_SKIPPED,
	FLOW_FAILED,
	FLOW_NOT_NEEDED, /* the item ended before it */
};

enum flow_end { FLOW_OPEN, FLOW_ENDED_OK, FLOW_ENDED_FAILED };

struct flow_output {
	char *body; /* owned; NULL: none */
	size_t len;
	struct json_span json; /* the body as a value, in it; at NULL: it is none */
	int status;
};

struct flow {
	const struct pipeline *p;
	char *row;                 /* owned */
	struct json_span row_json; /* in it; at NULL: it is no value */
	enum flow_stage stage[PIPELINE_MAX_STAGES];
	struct flow_output output[PIPELINE_MAX_STAGES];
	uint32_t judged; /* done stages whose finish_when has been asked */
	bool ending;     /* nothing more starts */
	int last;        /* the stage that was done last; -1: none */
	int decided;     /* the one whose finish_when held; -1: none */
};

/* What a placeholder stands for. */
enum flow_found {
	FLOW_ABSENT, /* no such member, no such text: the item's bad input */
	FLOW_EMPTY,  /* of a skipped stage */
	FLOW_FOUND,
};

/* Begins an item with its row, a JSON object, which is copied. p must outlive f. */
void flow_begin(struct flow *f, const struct pipeline *p, const char *row, size_t len);
void flow_free(struct flow *f);

/* Takes the news of the other calls in: skips, makes ready, ends. Returns a bit for each stage that
 * is ready; a stage stays ready until flow_sent(). */
uint32_t flow_advance(struct flow *f);
/* After flow_advance(): is the item at its end? */
enum flow_end flow_ended(const struct flow *f);

/* The stage whose answer is the item's: the one that ended it early, else that which was done last;
 * -1: none was. */
int flow_answer(const struct flow *f);

/* A ready or waiting stage was sent, waits for another attempt, is ready again as if it never was
 * sent, or failed for good. */
void flow_sent(struct flow *f, int stage);
void flow_waits(struct flow *f, int stage);
void flow_again(struct flow *f, int stage);
void flow_failed(struct flow *f, int stage);
/* The item is ending, and this stage, which was sent, did not answer well: it was not needed. */
void flow_drop(struct flow *f, int stage);
/* It answered; the body is copied. json: the body as a value, in it; at NULL: it is none. Also for
 * what the journal has of an earlier session. */
void flow_done(
	struct flow *f, int stage, int status, const char *body, size_t len, struct json_span json);

/* Finds what a path means for this item now: a string's content, or JSON text, appended to text
 * (type says which). */
enum flow_found flow_look(
	const struct flow *f, const char *path, enum json_type *type, struct buf *text);

#endif
