#include "control/cost_view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/engine_internal.h"
#include "core/forecast.h"

static double or_none(double n)
{
	return n > 0 ? n : -1;
}

static struct model_cost_view view_model(const struct model_cost *c)
{
	struct model_cost_view v = {.answers = c->answers,
		.unpriced = c->unpriced,
		.tokens_in = c->tokens.in,
		.tokens_out = c->tokens.out,
		.tokens_cached = c->tokens.cached,
		.tokens_cache_write = c->tokens.cache_write,
		.usd = c->answers > c->unpriced ? c->usd : -1};

	snprintf(v.name, sizeof(v.name), "%s", *c->name ? c->name : "other");
	return v;
}

static int by_cost(const void *a, const void *b)
{
	const struct model_cost_view *x = a, *y = b;

	if (x->usd != y->usd)
		return x->usd > y->usd ? -1 : 1;
	return (x->answers < y->answers) - (x->answers > y->answers);
}

/* Adds a model for which there is no room to the last one. */
static void merge(struct model_cost_view *last, const struct model_cost_view *v)
{
	snprintf(last->name, sizeof(last->name), "other");
	last->answers += v->answers;
	last->unpriced += v->unpriced;
	last->tokens_in += v->tokens_in;
	last->tokens_out += v->tokens_out;
	last->tokens_cached += v->tokens_cached;
	last->tokens_cache_write += v->tokens_cache_write;
	if (v->usd >= 0)
		last->usd = fmax(last->usd, 0) + v->usd;
}

static void view_models(const struct model_costs *m, struct cost_view *out)
{
	struct model_cost_view all[MODEL_COSTS];
	int n = 0;

	for (int i = 0; i < m->n; i++)
		if (m->at[i].answers)
			all[n++] = view_model(&m->at[i]);
	if (n > 1)
		qsort(all, (size_t)n, sizeof(*all), by_cost);
	for (int i = 0; i < n; i++) {
		out->unpriced += all[i].unpriced;
		if (i < MODEL_COSTS_SHOWN)
			out->model[out->n_models++] = all[i];
		else
			merge(&out->model[MODEL_COSTS_SHOWN - 1], &all[i]);
	}
}

/* The usage by the end of the remaining items. What is in flight counts with its estimate, as items
 * that were asked; cached answers save no more than lately. */
static void project(const struct engine *e, uint64_t remaining, struct cost_view *out)
{
	const struct budget *b = &e->costs.budget;
	double in_flight = (double)e->items.counts.in_flight;
	double asked = (double)(e->observer.stats.asked + e->intake.resumed_asked) + in_flight;
	double more =
		forecast_sent_share(&e->observer.stats) * fmax(0, (double)remaining - in_flight);
	bool only_hits = asked <= in_flight && e->observer.stats.reused;
	double times = asked > 0 ? 1 + more / asked : 1;

	/* hits alone do not tell how many more there will be */
	if (remaining && (asked <= 0 || only_hits))
		return;
	out->projected_tokens = (out->tokens + b->reserved.in + b->reserved.out) * times;
	if (out->usd >= 0)
		out->projected_usd = (out->usd + b->reserved.usd) * times;
}

/* At how many more items what is left of a budget is used up. */
static double items_until(double budget, double spent, double projected, double remaining)
{
	if (budget <= 0 || projected <= budget || projected <= spent)
		return remaining;
	return fmax(0, floor(remaining * (budget - spent) / (projected - spent)));
}

static void find_end(const struct engine *e, uint64_t remaining, struct cost_view *out)
{
	const struct item_counts *c = &e->items.counts;
	double items = items_until(
		out->budget_tokens, out->tokens, out->projected_tokens, (double)remaining);

	items = fmin(items,
		items_until(out->budget_usd, out->usd, out->projected_usd, (double)remaining));
	if (items < (double)remaining)
		out->ends_at_item = c->ok + c->failed + c->cancelled + (uint64_t)items;
}

void cost_view_fill(const struct engine *e, uint64_t remaining, bool known, struct cost_view *out)
{
	const struct budget *b = &e->costs.budget;
	const struct stats *s = &e->observer.stats;

	*out = (struct cost_view){.tokens = b->spent.in + b->spent.out,
		.usd = model_costs_usd(&e->costs.models),
		.projected_tokens = -1,
		.projected_usd = -1,
		.budget_tokens = or_none(b->tokens),
		.budget_usd = or_none(b->usd),
		.earlier = e->costs.earlier,
		.expected = e->costs.models.prices->n || b->usd > 0,
		.asked = s->asked,
		.tokens_cached = s->tokens_cached,
		.tokens_cache_write = s->tokens_cache_write};
	view_models(&e->costs.models, out);
	if (known)
		project(e, remaining, out);
	find_end(e, remaining, out);
}
