/* What the body of an answer tells: error, wait, text; for response_judge() and the providers. */
#ifndef SLUICE_API_ANSWER_BODY_H
#define SLUICE_API_ANSWER_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/response.h"
#include "base/buf.h"
#include "base/json.h"

/* Members of a JSON answer; absent ones have at NULL. */
struct answer_members {
	struct json_span usage, error, message, detail;
};

/* False when the body is not one valid JSON value. */
bool answer_members(const char *body, size_t len, struct answer_members *out);
/* Is the error member one? null, false, "" and {} are not. */
bool answer_has_error(const struct answer_members *m);
/* A count of tokens into *out when it is one: a number, also 1e3 or 2.5, of at most TOKENS_MAX. */
bool answer_count(struct json_span v, int64_t *out);
/* Appends a content that is a string, or parts of which those with text count; false when it has
 * none. */
bool answer_content(struct json_span content, struct buf *out);
/* Code and message of an error answer into out, in the forms of OpenAI, Anthropic, Gemini and
 * FastAPI; message stays "" when the body has none. */
void answer_error(const struct answer_members *m, struct verdict *out);
/* Text from outside into a field of a verdict: white space is made single spaces, the rest
 * sanitised, and what is too long cut. */
void answer_text(char *out, size_t size, const char *text, size_t len);
/* The wait a body speaks of ("try again in 1m2.5s", "retryDelay":"27s"); -1: of none. */
int64_t answer_wait_us(const char *body, size_t len);
/* Does the error (code and message of v) say that money is missing? */
bool answer_is_unpaid(const struct verdict *v);
/* Does a refusal speak of a limit per day, which no short wait refills? */
bool answer_is_daily(const char *body, size_t len);

#endif
