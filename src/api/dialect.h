/* The differences between event streams. A dialect is one file, stream_NAME.c: how it is
 * recognised, what an event adds to the answer, and how the answer is written at the end of the
 * stream. The common part is assembly.c, the only user of this header beside the dialects. Pure. */
#ifndef SLUICE_API_DIALECT_H
#define SLUICE_API_DIALECT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "api/delta_tree.h"
#include "base/buf.h"
#include "base/json.h"

/* The part of an answer that has come. */
struct partial {
	struct delta_tree tree; /* the body; without its output where `output` has that */
	struct delta_tree
		output;   /* output of a response, which `tree` gets at the end, if at all */
	struct buf frame; /* the last chunk without its choices, mostly the same for all chunks */
	struct buf error; /* the error event as it came, an object with an error member */
	bool whole;       /* the end mark came: later events are ignored */
};

/* An event that is a JSON object. Spans borrow from it; absent members have at NULL. */
struct stream_event {
	struct json_span object, type, choices;
};

struct dialect {
	/* Does the event show that the stream is of this dialect? */
	bool (*knows)(const struct stream_event *event);
	/* Adds what an event brings; true when text grew. */
	bool (*take)(struct partial *p, const struct stream_event *event);
	/* Has all of the answer come that counts, though no end mark? */
	bool (*finished)(const struct partial *p);
	/* At the end: adds the members of a whole answer that no event brings. NULL: none. */
	void (*complete)(struct partial *p);
	/* Appends the answer as far as it has come; called only after it began. */
	void (*write)(const struct partial *p, struct buf *out);
};

extern const struct dialect dialect_openai, dialect_responses, dialect_messages;

/* max: ceiling of each part in bytes. Free with partial_free(). */
void partial_init(struct partial *p, size_t max);
void partial_free(struct partial *p);
/* Empties it; releases buffers larger than keep bytes. */
void partial_reset(struct partial *p, size_t keep);
/* Has an event brought a part of the answer? */
bool partial_has_begun(const struct partial *p);
/* Did a part not fit? Then the answer is not whole. */
bool partial_is_full(const struct partial *p);
/* Keeps an error's span as {"error":…}, unless an earlier one is kept. */
void partial_fail(struct partial *p, struct json_span error);
/* Appends the tree: the `write` of most dialects. */
void partial_write(const struct partial *p, struct buf *out);

/* Is the span this text? A literal of a JSON string has its quotes. Inline: called several times an
 * event. */
static inline bool span_is(struct json_span v, const char *quoted)
{
	return v.at && v.len == strlen(quoted) && !memcmp(v.at, quoted, v.len);
}

/* Does the node hold a reason for the end? Some servers say "" in place of null until they know it.
 * NULL holds none. */
static inline bool node_is_reason(const struct delta_node *node)
{
	struct json_span text = {NULL, 0};

	if (node && node->kind == DELTA_RAW)
		text = (struct json_span){node->text.data, node->text.len};
	return text.at && !span_is(text, "null") && !span_is(text, "\"\"");
}

#endif
