/* A live call within its client's limits: it may start at once, or it is refused. */
#ifndef SLUICE_SERVE_TOKEN_CALL_H
#define SLUICE_SERVE_TOKEN_CALL_H

#include "serve/service.h"
#include "serve/token_refusal.h"

struct live_end;

struct token_call {
	struct service *service;
	struct token_client *client; /* NULL: nothing limits it, or it has ended */
	struct token_ask ask;
	int64_t started_us;
};

/* Takes the call's place: body is a JSON object, as it goes out. False: it is refused; the call
 * needs no end then. */
bool token_call_begin(struct token_call *t, struct service *s, const char *owner,
	const struct buf *body, struct token_refusal *refusal);
/* It has ended: what it used counts. */
void token_call_end(struct token_call *t, const struct live_end *end);
/* Its client has left before the end: what was estimated counts. Nothing after its end. */
void token_call_left(struct token_call *t);

#endif
