/* The progress of one item through a pipeline: which stages may start, given the answers of others.
 * Pure. The sender reports the end of each stage; on a resume it reports the stages in the journal,
 * in any order, and the same stages become ready as before.
 *
 * A stage may start when all stages it follows are done or skipped. It is skipped when its `when`
 * does not hold; a skipped stage counts as done with empty output, so the stages after it still run
 * unless their own `when` does not hold. When a stage's `finish_when` holds, or a stage fails for
 * good, no further stage starts; stages in flight finish, since they are paid for, and their
 * outputs are kept. The item then ends: ok, or failed if any stage failed. */
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
	FLOW_WAITING, /* waits for another attempt */
	FLOW_DONE,
	FLOW_SKIPPED,
	FLOW_FAILED,
	FLOW_NOT_NEEDED, /* the item ended before it */
};

enum flow_end { FLOW_OPEN, FLOW_ENDED_OK, FLOW_ENDED_FAILED };

struct flow_output {
	char *body; /* owned; NULL: none */
	size_t len;
	struct json_span json; /* the body as a value, borrowed from it; at NULL: not JSON */
	int status;
};

struct flow {
	const struct pipeline *p;
	char *row;                 /* owned */
	struct json_span row_json; /* borrowed from row; at NULL: not valid JSON */
	enum flow_stage stage[PIPELINE_MAX_STAGES];
	struct flow_output output[PIPELINE_MAX_STAGES];
	uint32_t judged; /* a bit for each done stage whose finish_when was evaluated */
	bool ending;     /* nothing more starts */
	int last;        /* the last stage that was done; -1: none */
	int decided;     /* the stage whose finish_when held; -1: none */
};

/* The result of looking up a path. */
enum flow_found {
	FLOW_ABSENT, /* no such member or text: the item is bad input */
	FLOW_EMPTY,  /* the output of a skipped stage */
	FLOW_FOUND,
};

/* Begins an item with its row, a JSON object, which is copied. p must outlive f. */
void flow_begin(struct flow *f, const struct pipeline *p, const char *row, size_t len);
/* Releases the row and the outputs. */
void flow_free(struct flow *f);

/* Applies the other calls: skips stages, makes them ready, ends the item. Returns a bit for each
 * ready stage; a stage stays ready until flow_sent(). */
uint32_t flow_advance(struct flow *f);
/* The end of the item, after flow_advance(). */
enum flow_end flow_ended(const struct flow *f);

/* The stage whose answer is the item's: the one that ended it early, else the last one done; -1:
 * none. */
int flow_answer(const struct flow *f);

/* A ready or waiting stage was sent. */
void flow_sent(struct flow *f, int stage);
/* A sent stage waits for another attempt. */
void flow_waits(struct flow *f, int stage);
/* A sent or waiting stage is ready again, as if it had never been sent. */
void flow_again(struct flow *f, int stage);
/* A stage failed for good. */
void flow_failed(struct flow *f, int stage);
/* A sent stage failed while the item was ending: it was not needed. */
void flow_drop(struct flow *f, int stage);
/* A stage answered; the body is copied. json: the body as a value, borrowed from it; at NULL: not
 * JSON. Also for the stages that the journal has from an earlier session. */
void flow_done(
	struct flow *f, int stage, int status, const char *body, size_t len, struct json_span json);

/* Finds the value of a path for this item now and appends it to text: the content of a string, or
 * JSON text (type says which). */
enum flow_found flow_find(
	const struct flow *f, const char *path, enum json_type *type, struct buf *text);

#endif
