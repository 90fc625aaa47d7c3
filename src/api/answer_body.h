/* Readers of an answer's body (error, wait, text) for response_judge() and the providers. */
#ifndef SLUICE_API_ANSWER_BODY_H
#define SLUICE_API_ANSWER_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/response.h"
#include "base/buf.h"
#include "base/json.h"

/* Members of a choice; absent ones have at NULL. */
struct answer_choice {
	struct json_span message, text, delta, finish, error;
};

/* The members to ask json_pick() for, and what it found. */
enum { ANSWER_CHOICE_WANTED = 5 };
void answer_choice_wants(struct json_want want[ANSWER_CHOICE_WANTED]);
struct answer_choice answer_choice_of(const struct json_want want[ANSWER_CHOICE_WANTED]);

/* Members of a JSON answer; absent ones have at NULL. Of a list, as Gemini wraps errors, those of
 * its first element that tell of an error. */
struct answer_members {
	struct json_span whole; /* the object that has them */
	struct json_span usage, error, status;
	struct json_span content;    /* what was asked for: choices, content, output or data */
	struct answer_choice choice; /* of choices the last one with members; else not set */
	struct json_span embedding;  /* of data the same */
};

/* Fills out from the body of an answer to what was asked for. False when it is not one valid JSON
 * value. */
bool answer_members(enum asked asked, const char *body, size_t len, struct answer_members *out);
/* The first element of a list; anything else is itself. */
struct json_span answer_unwrapped(struct json_span v);
/* Does an error member hold an error? null, false, "" and {} do not. */
bool answer_is_error(struct json_span error);
/* Cuts off what some servers put around an answer: a byte order mark, blanks, the end mark of a
 * stream. Borrowed from the text; empty when nothing is left. */
struct json_span answer_core(const char *body, size_t len);
/* Reads a count of tokens: a number, also 1e3 or 2.5, from 0 to TOKENS_MAX. False, with *out
 * untouched, for anything else. */
bool answer_count(struct json_span v, int64_t *out);
/* Appends the text of a content: a string, or the texts of its parts. False when it has none. */
bool answer_content(struct json_span content, struct buf *out);
/* Reads code and message of an error answer into out, in the forms of OpenAI, Anthropic, Gemini and
 * whatever error_text.h reads; message stays "" when the body has none. */
void answer_error(const struct answer_members *m, struct verdict *out);
/* The wait in us that a body names ("try again in 1m2.5s", "retryDelay":"27s"); -1: none. */
int64_t answer_wait_us(const char *body, size_t len);
/* Does the error (code and message of v) say that the account must be paid? */
bool answer_is_unpaid(const struct verdict *v);
/* Does a refusal name a limit per day, which no short wait refills? */
bool answer_is_daily(const char *body, size_t len);

#endif
