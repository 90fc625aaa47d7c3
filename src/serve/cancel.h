/* A client cancels its batch. */
#ifndef SLUICE_SERVE_CANCEL_H
#define SLUICE_SERVE_CANCEL_H

#include "serve/call.h"
#include "serve/record.h"

/* Answers with the batch once the wish is on the disk; at once when it has ended, or is being
 * cancelled. */
void cancel_batch(struct call *c, struct batch_record *b,
	void (*answer)(struct call *c, const struct batch_record *b));

#endif
