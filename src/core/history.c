#include "core/history.h"

#include <stdlib.h>

#include "base/alloc.h"

_Static_assert((PAST_FAILED + PAST_OK) * (sizeof(struct attempt_view) + sizeof(uint32_t)) < 2 << 20,
	"the attempts kept stay below 2 MB");

void past_attempts_init(struct past_attempts *p)
{
	*p = (struct past_attempts){.failed.size = PAST_FAILED, .ok.size = PAST_OK};
}

static void ring_free(struct past_ring *r)
{
	free(r->item);
	free(r->view);
}

void past_attempts_free(struct past_attempts *p)
{
	ring_free(&p->failed);
	ring_free(&p->ok);
	past_attempts_init(p);
}

struct attempt_view *past_attempts_add(struct past_attempts *p, uint32_t item, bool ok)
{
	struct past_ring *r = ok ? &p->ok : &p->failed;
	size_t at = r->added++ % r->size;

	if (!r->item) {
		r->item = xcalloc(r->size, sizeof(*r->item));
		r->view = xcalloc(r->size, sizeof(*r->view));
	}
	r->item[at] = item;
	return &r->view[at];
}

/* Adds the item's attempts, latest first, until out is full. */
static int collect(
	const struct past_ring *r, uint32_t item, int n, struct attempt_view out[DETAIL_ATTEMPTS])
{
	uint64_t oldest = r->added > r->size ? r->added - r->size : 0;

	for (uint64_t i = r->added; i > oldest && n < DETAIL_ATTEMPTS; i--)
		if (r->item[(i - 1) % r->size] == item)
			out[n++] = r->view[(i - 1) % r->size];
	return n;
}

int past_attempts_of(
	const struct past_attempts *p, uint32_t item, struct attempt_view out[DETAIL_ATTEMPTS])
{
	/* an ok attempt was the last one */
	int n = collect(&p->failed, item, collect(&p->ok, item, 0, out), out);

	for (int i = 0; i < n / 2; i++) {
		struct attempt_view swapped = out[i];

		out[i] = out[n - 1 - i];
		out[n - 1 - i] = swapped;
	}
	return n;
}
