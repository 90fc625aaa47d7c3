/* What all APIs ask before a batch is made. */
#ifndef SLUICE_SERVE_CREATE_H
#define SLUICE_SERVE_CREATE_H

#include "serve/call.h"
#include "serve/kind.h"

/* May another batch of the kind be made? False: the call was refused. */
bool create_allowed(struct call *c, const struct batch_kind *kind);
/* A hash of the request's Idempotency-Key; 0: it has none. */
uint64_t create_key(const struct call *c);
/* Was the request sent again by an SDK, which sends no key? */
bool create_is_repeated(const struct call *c);

#endif
