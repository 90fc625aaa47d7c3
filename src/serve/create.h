/* What all APIs ask before a batch is made. */
#ifndef SLUICE_SERVE_CREATE_H
#define SLUICE_SERVE_CREATE_H

#include <sys/queue.h>

#include "serve/call.h"
#include "serve/record.h"

/* A batch that is being made: it counts among the open ones, and nobody else makes one by its
 * Idempotency-Key. */
struct create {
	LIST_ENTRY(create) next;
	const struct call *call;
	const struct batch_kind *kind;
	uint64_t key;             /* a hash of the Idempotency-Key; 0: the request has none */
	struct hash_pieces *body; /* of the request; NULL: it has no key */
	bool going;
};

/* May another batch be made? Then it is begun, unless its key made one before. False: the call was
 * refused. Free it with create_end() in either case. */
bool create_begin(struct create *n, struct call *c, const struct batch_kind *kind);
/* Refuses the call because the service ends. */
void create_refuse_end(struct call *c);
/* It is there, or will never be. May be called again. */
void create_end(struct create *n);
/* The next piece of the request's body. */
void create_body(struct create *n, const char *data, size_t len);
/* The whole body was given: has the request's Idempotency-Key made a batch? Then the call is
 * answered with it by made(), or refused, since another body came with the key. */
bool create_repeats(struct create *n, struct call *c,
	void (*made)(struct call *c, const struct batch_record *b));
/* Sets what makes it known again. */
void create_remember(const struct create *n, struct batch_record *b);
/* Was the request sent again by an SDK, which sends no key? */
bool create_is_repeated(const struct call *c);

#endif
