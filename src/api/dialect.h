/* What differs between event streams. A dialect is one file, stream_NAME.c: by which event it is
 * known, what an event adds to the answer, and how the answer is written when the stream is at its
 * end. What is alike stays with assembly.c, which alone uses this header beside the dialects. Pure.
 */
#ifndef SLUICE_API_DIALECT_H
#define SLUICE_API_DIALECT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "api/grown.h"
#include "base/buf.h"
#include "base/json.h"

/* What of an answer has come. */
struct partial {
	struct grown_tree tree; /* the body, without its content where `said` has that */
	struct grown_tree said; /* output of a response, which the tree has at its end, if at all */
	struct buf frame; /* of the last chunk all around its choices, which most have alike */
	struct buf error; /* the error event as it came, an object with an error member */
	bool whole;       /* the end mark came: nothing behind it counts */
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
	/* At the end: adds what a whole answer has and no event brings. NULL: nothing. */
	void (*complete)(struct partial *p);
	/* Appends the answer as far as it came; called only when it has begun. */
	void (*write)(const struct partial *p, struct buf *out);
};

extern const struct dialect dialect_openai, dialect_responses, dialect_messages;

/* max: bytes of each part. Free with partial_free(). */
void partial_init(struct partial *p, size_t max);
void partial_free(struct partial *p);
/* Empty again; buffers larger than keep bytes are given back. */
void partial_reset(struct partial *p, size_t keep);
/* Did an event bring anything of the answer? */
bool partial_has_begun(const struct partial *p);
/* Did something not fit? Then the answer is not whole. */
bool partial_is_full(const struct partial *p);
/* Keeps {"error":…} from an error's span, unless one is kept already. */
void partial_fail(struct partial *p, struct json_span error);
/* Appends the tree: the `write` of most dialects. */
void partial_write(const struct partial *p, struct buf *out);

/* Is the span this text? The literal of a JSON string has its quotes. Asked of each event several
 * times. */
static inline bool span_is(struct json_span v, const char *quoted)
{
	return v.at && v.len == strlen(quoted) && !memcmp(v.at, quoted, v.len);
}

/* Does it begin with this text? */
static inline bool span_begins(struct json_span v, const char *quoted)
{
	size_t len = strlen(quoted);

	return v.at && v.len >= len && !memcmp(v.at, quoted, len);
}

#endif
