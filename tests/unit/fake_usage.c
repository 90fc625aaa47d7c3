/* What the requests of a scene came to: by its endpoints or stages, and by models. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "fake_port.h"

static struct usage_row row_of(
	const struct snapshot *s, enum usage_kind kind, const char *name, double share)
{
	bool priced = s->cost.n_models > 0;
	struct usage_row r = {.kind = kind,
		.requests = (uint64_t)((double)s->attempts * share),
		.ok = (uint64_t)((double)s->outcomes[OUTCOME_OK] * share),
		.rate_limited =
			(uint64_t)((double)s->outcomes[OUTCOME_RATE_LIMITED] * share * share),
		.p50_us = (int64_t)(1800 * (2 - share)) * US_PER_MS,
		.p99_us = (int64_t)(9000 * (2 - share)) * US_PER_MS,
		.tokens_in = (uint64_t)((double)s->tokens_in * share),
		.tokens_out = (uint64_t)((double)s->tokens_out * share),
		.usd = priced ? s->cost.usd * share : -1,
		.usd_per_min = priced ? s->cost.usd * share / 14.4 : -1};

	snprintf(r.name, sizeof(r.name), "%s", name);
	return r;
}

size_t fake_usage(void *ctx, struct usage_row *out, size_t n)
{
	static const char *const models[] = {"m-large", "claude-sonnet-4-5-20250929", ""};
	static const double shares[] = {0.6, 0.36, 0.04};
	const struct snapshot *s = &((struct fake_port *)ctx)->snap;
	size_t at = 0;

	if (!s->attempts)
		return 0;
	for (int i = 0; i < 3 && at < n; i++)
		out[at++] = row_of(s, USAGE_MODEL, models[i], shares[i]);
	for (int i = 0; i < s->n_endpoints && at < n; i++)
		out[at++] = row_of(s, s->pipeline ? USAGE_STAGE : USAGE_ENDPOINT,
			s->endpoints[i].name, 1. / s->n_endpoints);
	return at;
}
