/* What a client allows one of its batches, beside its others: its limits (token_book.h) over
 * core/allowance.h, in turns. */
#ifndef SLUICE_SERVE_TOKEN_TURN_H
#define SLUICE_SERVE_TOKEN_TURN_H

#include "core/allowance.h"
#include "serve/token_book.h"

struct token_turn {
	struct fair_user user; /* first */
	struct token_book *book;
	struct token_client *client; /* NULL: it has not joined */
	void (*wake)(void *ctx);     /* gives the batch's run a turn */
	void *ctx;
	struct token_verdict verdict; /* of its last request that asked */
	bool refused;                 /* by the client's limits, in this turn of the run */
	double usd;                   /* reserved */
};

/* The ctx is the turn. */
extern const struct allowance_ops token_turn_ops;

/* A batch of the client begins to send, with this weight among the client's batches. */
void token_turn_join(struct token_turn *t, struct token_book *book, struct token_client *client,
	double weight, void (*wake)(void *ctx), void *ctx);
/* It has ended. Nothing if it has not joined. */
void token_turn_leave(struct token_turn *t);
/* It has another weight from now on. */
void token_turn_weigh(struct token_turn *t, double weight);
/* Why the batch waits, if it waits for its client's limits; false: it does not. */
bool token_turn_says(const struct token_turn *t, int64_t wall_us, char *out, size_t size);

#endif
