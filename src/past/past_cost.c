#include "past/past_cost.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ledger/model_cost_record.h"

static bool take_model(void *ctx, struct json_span v)
{
	struct past_cost *c = ctx;
	struct model_cost_record r;
	struct model_cost_view *m = &c->model[c->n_models];

	model_cost_record_read(v, &r);
	c->unpriced += (uint64_t)fmax(r.unpriced, 0);
	if (c->n_models == MODEL_COSTS_SHOWN)
		return true;
	*m = (struct model_cost_view){.answers = (uint64_t)fmax(r.answers, 0),
		.unpriced = (uint64_t)fmax(r.unpriced, 0),
		.tokens_in = fmax(r.in, 0),
		.tokens_out = fmax(r.out, 0),
		.tokens_cached = fmax(r.cached, 0),
		.tokens_cache_write = fmax(r.written, 0),
		.usd = r.usd};
	snprintf(m->name, sizeof(m->name), "%.95s", r.name);
	c->n_models++;
	return true;
}

void past_cost_take(struct past_cost *c, struct json_span usd, struct json_span models)
{
	double known = cost_record_number(usd);

	if (known < 0)
		return;
	c->known = true;
	c->usd = known;
	c->n_models = 0;
	c->unpriced = 0;
	json_each_element(models, take_model, c);
}

void past_cost_show(const struct past_cost *c, struct cost_view *out)
{
	if (!c->known)
		return;
	out->usd = c->usd;
	out->unpriced = c->unpriced;
	out->expected = true;
	/* the engine's list has no dollars */
	out->n_models = c->n_models;
	memcpy(out->model, c->model, sizeof(c->model));
}
