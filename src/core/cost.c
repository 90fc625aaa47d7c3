/* Settles the cost of attempts, learns from it for the next estimates, and warns of unlikely usage.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "core/engine_internal.h"
#include "core/streaming.h"

/* A usage of so many times the estimate, of at least so many tokens, is strange. */
#define ODD_TIMES    100.0
#define ODD_LEAST    100.0
#define ODD_AGAIN_US US_PER_MIN

/* A stream tells about how many tokens it has. */
static double estimated_out(const struct attempt *a)
{
	return streaming_is_on(a) ? (double)streaming_tokens(a) : a->spending.out;
}

struct spending cost_of(const struct attempt *a, const struct verdict *v)
{
	bool paid = v->outcome == OUTCOME_OK;

	return (struct spending){v->tokens_in >= 0 ? (double)v->tokens_in
				 : paid            ? a->spending.in
						   : 0,
		v->tokens_out >= 0 ? (double)v->tokens_out
		: paid             ? estimated_out(a)
				   : 0};
}

/* Warns, now and then, when a reported usage is far from the estimate: one of them is wrong. */
static void check_usage(struct engine *e, const struct attempt *a, const struct verdict *v)
{
	double reported = (v->tokens_in > 0 ? (double)v->tokens_in : 0) +
			  (v->tokens_out > 0 ? (double)v->tokens_out : 0);
	double estimated = fmax(ODD_LEAST, a->spending.in + a->spending.out);
	char text[160];

	if (reported < ODD_TIMES * estimated ||
		(e->costs.odd_usage_us && e->now_us - e->costs.odd_usage_us < ODD_AGAIN_US))
		return;
	e->costs.odd_usage_us = e->now_us;
	snprintf(text, sizeof(text),
		"line %" PRIu32
		": %.0f tokens reported, about %.0f estimated; the reported ones count",
		items_at(&e->items, a->item)->line, reported, a->spending.in + a->spending.out);
	engine_warn(e, "an answer reports an unlikely usage", text);
}

void cost_settle(struct engine *e, const struct attempt *a, struct verdict *v)
{
	struct spending cost = cost_of(a, v);
	double most = ODD_TIMES * fmax(ODD_LEAST, a->spending.out);
	int64_t out = v->tokens_out > most ? (int64_t)most : v->tokens_out;

	v->estimated_in = v->tokens_in < 0 ? (int64_t)(cost.in + 0.5) : 0;
	v->estimated_out = v->tokens_out < 0 ? (int64_t)(cost.out + 0.5) : 0;
	budget_settle(&e->costs.budget, a->spending, cost);
	check_usage(e, a, v);
	/* one wrong figure must not make the next requests look as large */
	if (v->outcome == OUTCOME_OK)
		estimate_learn(&e->costs.estimate, a->model, a->prompt_bytes, v->tokens_in, out);
}
