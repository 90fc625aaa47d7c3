#include "core/early_abort.h"

#include "api/expect.h"
#include "core/refusals.h"

/* Is it no outage and no limit, which say nothing about the batch? A good answer that is not as
 * expected says nothing about it either. */
static bool counts(const struct verdict *v)
{
	if (expects_failed(v))
		return false;
	return v->outcome == OUTCOME_CLIENT_ERROR || v->outcome == OUTCOME_AUTH ||
	       (v->outcome == OUTCOME_QUOTA && v->status != 429) ||
	       (v->outcome == OUTCOME_BAD_RESPONSE && v->status / 100 == 2);
}

bool early_abort_count(struct early_abort *f, const struct verdict *v, int limit)
{
	uint64_t signature;

	if (f->settled)
		return false;
	if (!counts(v)) {
		f->settled = v->outcome == OUTCOME_OK;
		return false;
	}
	signature = refusal_signature(v);
	if (f->count && signature != f->signature) {
		f->settled = true;
		return false;
	}
	f->signature = signature;
	f->settled = ++f->count >= limit;
	return f->settled;
}
