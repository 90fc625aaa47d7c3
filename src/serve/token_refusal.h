/* How a call that its client's limits do not allow is refused: with 429, in the words of the API
 * that it speaks. */
#ifndef SLUICE_SERVE_TOKEN_REFUSAL_H
#define SLUICE_SERVE_TOKEN_REFUSAL_H

#include "serve/call.h"
#include "serve/token_book.h"

/* What the refusal says. */
struct token_refusal {
	const char *type, *code; /* of OpenAI's form; static */
	int retry_after_s;
	bool final; /* a repetition soon is in vain: it says so to SDKs */
	char message[300];
};

/* Pure. The verdict is not TOKEN_FREE; ask: what it is about. */
void token_refusal(const struct token_client *client, const struct token_ask *ask,
	const struct token_verdict *v, int64_t now_us, int64_t wall_us, struct token_refusal *out);
/* Answers the call with it. */
void token_refuse(struct call *c, const struct token_refusal *refusal);

#endif
