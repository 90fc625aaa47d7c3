/* The meters of a service's clients, by the names of their tokens, and DIR/spent.json, which keeps
 * what each has spent of its budget today. A meter stays where it is as long as the book is open,
 * whatever becomes of its token. */
#ifndef SLUICE_SERVE_TOKEN_BOOK_H
#define SLUICE_SERVE_TOKEN_BOOK_H

#include "base/run_clock.h"
#include "pace/fair.h"
#include "serve/record.h"
#include "serve/token_limits.h"

struct token_book;

/* A client. */
struct token_client {
	TAILQ_ENTRY(token_client) next;
	char name[OWNER_SIZE];
	uint64_t number; /* names it among those that share; above 0 */
	struct token_meter meter;
	struct fair turns;         /* of its batches, at its own limits */
	uint64_t requests, tokens; /* since the start */
	uint64_t nanos;            /* 1e-9 dollars */
};

TAILQ_HEAD(token_clients, token_client);

/* Reads what was spent. A file that is none is warned of, and taken for empty. NULL and err: it
 * cannot be read. clock: of all now_us; borrowed. */
struct token_book *token_book_open(
	const char *folder, struct run_clock *clock, int64_t wall_us, struct error *err);
/* Writes what was spent. NULL is fine. */
void token_book_close(struct token_book *b);

/* The client of this name, a new one without limits when there is none. */
struct token_client *token_book_client(struct token_book *b, const char *name);
/* The client of this name has these limits from now on. */
void token_book_limit(struct token_book *b, const char *name, const struct token_limits *limits);
/* All of them, in the order in which they came up. */
struct token_clients *token_book_clients(struct token_book *b);

/* Notes less on the disk where requests have cost less than was reserved; once a second is often
 * enough. */
void token_book_lower(struct token_book *b);

/* token_meter_take() and token_meter_settle(), kept on the disk. What cannot be written is warned
 * of once. */
void token_book_take(struct token_book *b, struct token_client *c, const struct token_ask *ask,
	int64_t now_us, int64_t wall_us);
void token_book_settle(struct token_book *b, struct token_client *c, const struct token_ask *ask,
	int64_t started_us, double tokens, double usd, int64_t now_us, int64_t wall_us);

#endif
