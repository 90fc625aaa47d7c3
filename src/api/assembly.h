/* The answer a stream of events adds up to, assembled while it arrives: the same JSON body as the
 * unstreamed answer has. The dialect shows from the events themselves. Pure.
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

/* max: bytes of the assembled body and of one event. times: borrowed, where tokens' times are
 * counted; NULL: nowhere. Free with assembly_free(). */
struct assembly *assembly_new(size_t max, struct stream_times *times);
void assembly_free(struct assembly *a);
/* For the next attempt, which starts now. Gives large memory back. */
void assembly_reset(struct assembly *a, int64_t start_us);

/* Is an answer with these header lines a stream of events? Then it becomes active, and empty. */
bool assembly_begin(struct assembly *a, const char *headers, size_t len);
/* Is the answer in hand one? */
bool assembly_is_active(const struct assembly *a);
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

#endif
