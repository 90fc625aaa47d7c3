/* Assembles the answer of an event stream while it arrives: the same JSON body as the unstreamed
 * answer has. The events themselves show the dialect. Pure.
 *
 * OpenAI chat and completions: https://platform.openai.com/docs/api-reference/chat-streaming, ends
 * with [DONE]. Responses: .../responses-streaming, ends with response.completed or .incomplete.
 * Anthropic: https://docs.anthropic.com/en/api/messages-streaming, ends with message_stop. */
#ifndef SLUICE_API_ASSEMBLY_H
#define SLUICE_API_ASSEMBLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/response.h"
#include "base/buf.h"

struct assembly;

/* max: ceiling in bytes of the assembled body and of one event. times: borrowed, counts the times
 * of tokens; NULL: nobody counts them. The caller frees it with assembly_free(). */
struct assembly *assembly_new(size_t max, struct stream_times *times);
/* NULL is fine. */
void assembly_free(struct assembly *a);
/* Begins the next attempt, which starts at start_us; releases large buffers. */
void assembly_reset(struct assembly *a, int64_t start_us);

/* Is an answer with these raw header lines an event stream? Then the assembly becomes active, and
 * empty. */
bool assembly_begin(struct assembly *a, const char *headers, size_t len);
/* The same by the first bytes of its body, since some servers give a stream another content type,
 * or none. */
bool assembly_begin_by(struct assembly *a, const char *body, size_t len);
/* Is the present answer an event stream? */
bool assembly_is_active(const struct assembly *a);
/* Takes the next bytes, split anywhere; false when the answer grew beyond max. */
bool assembly_feed(struct assembly *a, const char *bytes, size_t len, int64_t now_us);
/* Has its end mark or an error come? Later bytes are ignored. */
bool assembly_is_over(const struct assembly *a);
/* Has an error event come? */
bool assembly_has_failed(const struct assembly *a);
/* Replaces the body of answer by the assembled one, or by the first bytes when nothing could be
 * assembled, and sets answer->stream. A stream whose connection broke after its end mark is whole;
 * one that broke before is a cut answer. One that ended cleanly without its end mark is whole when
 * nothing is missing: all choices have finished, or its only event is a whole answer. The pointers
 * are valid until the next reset. Does nothing unless active. */
void assembly_answer(struct assembly *a, struct answer *answer);

/* Appends the text that has come so far, for people. */
void assembly_text(const struct assembly *a, struct buf *out);
/* Estimate of the tokens so far: one per piece of text. */
uint64_t assembly_tokens(const struct assembly *a);

#endif
