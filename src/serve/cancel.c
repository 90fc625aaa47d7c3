#include "serve/cancel.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "serve/service.h"

struct cancelling {
	struct call *call; /* held */
	void (*answer)(struct call *c, const struct batch_record *b);
};

static void cancelled(void *ctx, const struct error *err)
{
	struct cancelling *n = ctx;
	struct call *c = n->call;
	const struct batch_record *b = store_batch(c->service->store, c->id);

	if (err)
		call_fail(c, err);
	else if (b)
		n->answer(c, b);
	call_release(c);
	free(n);
}

void cancel_batch(struct call *c, struct batch_record *b,
	void (*answer)(struct call *c, const struct batch_record *b))
{
	struct cancelling *n;

	if (batch_record_ended(b) || b->at_us[FACT_CANCELLING]) {
		answer(c, b);
		return;
	}
	n = xcalloc(1, sizeof(*n));
	n->call = c;
	n->answer = answer;
	call_hold(c);
	runner_cancel(c->service->runner, b, cancelled, n);
}
