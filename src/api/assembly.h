/* The answer a stream of events adds up to, assembled while it arrives: the same JSON body as the
 * unstreamed answer has. The dialect shows from the events themselves. Pure.
 *
 * OpenAI chat and completions: https://platform.openai.com/docs/api-reference/chat-streaming, ends
 * with [DONE]. Responses: .../responses-streaming, ends with response.completed or .incomplete.
 * Anthropic: https://docs.anthropic.com/en/api/messages-streaming, ends with message_stop. */
#ifndef SLUICE_API_ASSEMBLY_H
#define SLUICE_API_ASSEMBLY_H

#include "api/grown.h"
#include "api/response.h"
#include "api/sse.h"

enum dialect {
	DIALECT_UNKNOWN,
	DIALECT_OPENAI, /* chat and completions */
	DIALECT_RESPONSES,
	DIALECT_MESSAGES,
};

struct assembly {
	struct sse sse;
	struct grown_tree tree;
	struct grown_tree said; /* output of a response, which the tree has at its end, if at all */
	struct buf frame; /* of the last chunk all around its choices, which most have alike */
	struct buf error; /* the error event as it came, an object with an error member */
	struct buf front; /* of what comes before the first event that is understood, as it came */
	struct buf body;  /* written at the end */
	enum dialect dialect;
	bool active; /* the answer is a stream and comes here */
	bool whole, garbled, ending;
	int64_t now_us, start_us, first_us, last_us; /* first, last: of a piece of text; 0: none */
	uint64_t pieces;                             /* events with text, about a token each */
	struct stream_times *times;                  /* borrowed: where they are counted; NULL */
	struct stream_end end;
};

/* max: bytes of the assembled body and of one event. */
struct assembly *assembly_new(size_t max, struct stream_times *times);
void assembly_free(struct assembly *a);
/* For the next attempt, which starts now. Gives large memory back. */
void assembly_reset(struct assembly *a, int64_t start_us);

/* Is an answer with these header lines a stream of events? Then it becomes active, and empty. */
bool assembly_begin(struct assembly *a, const char *headers, size_t len);
/* The next bytes; false when it grew too large. */
bool assembly_feed(struct assembly *a, const char *bytes, size_t len, int64_t now_us);
/* Did it come to its end mark, or to an error? Nothing behind that counts. */
bool assembly_is_over(const struct assembly *a);
/* Puts the assembled body, or the front of what none came of, and how the stream ended in place of
 * what the transport tells. A whole stream whose connection broke afterwards is whole; one that
 * broke before is a cut answer. The pointers are valid until the next reset. Does nothing unless
 * active. */
void assembly_answer(struct assembly *a, struct answer *answer);

/* What was said so far, for people. */
void assembly_text(const struct assembly *a, struct buf *out);
/* Tokens so far, about: one a piece of text. */
uint64_t assembly_tokens(const struct assembly *a);

/* The dialects, one file each: what an event's JSON object adds. True when text grew. */
bool stream_openai(struct assembly *a, struct json_span event, struct json_span choices);
bool stream_responses(struct assembly *a, struct json_span event, struct json_span type);
bool stream_messages(struct assembly *a, struct json_span event, struct json_span type);
/* At the end: what the whole answer has and no event brings. */
void stream_openai_complete(struct assembly *a);
/* Appends a response: as its last event tells it, with the output as far as it was written where
 * that tells none. */
void stream_responses_write(struct assembly *a, struct buf *out);
void stream_messages_complete(struct assembly *a);
/* Is the span this text? The literal of a JSON string has its quotes. */
bool stream_is(struct json_span v, const char *quoted);
/* Keeps an event as the stream's error: {"error":…} from an error's span. */
void stream_fail(struct assembly *a, struct json_span error);

#endif
