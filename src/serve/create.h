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
	bool once;    /* it is for one answer: it is no open batch, and no key finds it */
	uint64_t key; /* a hash of the Idempotency-Key; 0: the request has none */
	bool going;
};

/* May another batch be made? Then it is begun, unless create_twin() knows it. False: the call was
 * refused. once: the batch is for one answer. */
bool create_begin(struct create *n, struct call *c, const struct batch_kind *kind, bool once);
/* It is there, or will never be. May be called again. */
void create_end(struct create *n);
/* The batch that was made by the request's Idempotency-Key; NULL: none. */
struct batch_record *create_twin(const struct create *n);
/* Was the request sent again by an SDK, which sends no key? */
bool create_is_repeated(const struct call *c);

#endif
