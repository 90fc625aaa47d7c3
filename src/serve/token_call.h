/* A live call within its client's limits: it may start at once, or it is refused. */
#ifndef SLUICE_SERVE_TOKEN_CALL_H
#define SLUICE_SERVE_TOKEN_CALL_H

#include "serve/service.h"
#include "serve/token_refusal.h"

struct live_call;
struct live_end;
struct price;

struct token_call {
	struct service *service;
	struct token_client *client; /* NULL: nothing limits it, or it has ended */
	struct token_ask ask;
	double in, out;            /* tokens of the estimate */
	const struct price *price; /* of its model; NULL: it has none */
	int64_t started_us;
};

/* Takes the call's place: body is a JSON object, as it goes out. False: it is refused; the call
 * needs no end then. */
bool token_call_begin(struct token_call *t, struct service *s, const char *owner,
	const struct buf *body, struct token_refusal *refusal);
/* It has ended: what it used counts. Where the answer does not say that, the pieces of its stream
 * do, or else the estimate. */
void token_call_end(struct token_call *t, const struct live_end *end);
/* Its client leaves before the end: what was estimated counts, or what has come, if that is more.
 * Nothing after its end. Before live_cancel(). */
void token_call_left(struct token_call *t, const struct live_call *live);

#endif
