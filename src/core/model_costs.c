#include "core/model_costs.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct prices no_prices;

static void init_row(struct model_costs *m, int row, const char *name)
{
	struct model_cost *c = &m->at[row];
	const struct price *own = *name ? prices_of(m->prices, name) : NULL;

	*c = (struct model_cost){.price = own ? own : m->rest,
		.own_price = own != NULL,
		.answered_as = (uint8_t)row};
	snprintf(c->name, sizeof(c->name), "%s", name);
	c->name_len = strlen(c->name);
}

void model_costs_init(struct model_costs *m, const struct prices *prices)
{
	m->prices = prices ? prices : &no_prices;
	m->rest = prices_rest(m->prices);
	m->n = 1;
	m->last = 0;
	init_row(m, 0, "");
}

void model_costs_reprice(struct model_costs *m, const struct prices *prices)
{
	m->prices = prices;
	m->rest = prices_rest(prices);
	for (int i = 0; i < m->n; i++) {
		struct model_cost *c = &m->at[i];
		const struct price *own = *c->name ? prices_of(prices, c->name) : NULL;

		c->price = own ? own : m->rest;
		c->own_price = own != NULL;
	}
}

int model_costs_row(struct model_costs *m, const char *name)
{
	m->last = 0;
	while (m->last < m->n && strcmp(m->at[m->last].name, name) != 0)
		m->last++;
	if (m->last == m->n && m->n < MODEL_COSTS)
		init_row(m, m->n++, name);
	else if (m->last == m->n)
		m->last = 0;
	return m->last;
}

int model_costs_answered(struct model_costs *m, int row, const char *name)
{
	int last = m->last, answered;

	if (!*name || (m->at[row].name[0] && !prices_of(m->prices, name)))
		return row;
	answered = model_costs_row(m, name);
	m->last = last;
	m->at[row].answered_as = (uint8_t)answered;
	return answered;
}

static void count(struct priced_tokens *sum, const struct priced_tokens *t)
{
	sum->in += t->in;
	sum->out += t->out;
	sum->cached += t->cached;
	sum->cache_write += t->cache_write;
}

double model_costs_price(const struct model_costs *m, int row, const struct paid *paid)
{
	const struct price *price = m->at[row].price;

	return paid->stated ? paid->usd : price ? price_usd(price, &paid->tokens) : -1;
}

double model_costs_add(struct model_costs *m, int row, const struct paid *paid)
{
	struct model_cost *c = &m->at[row];
	double usd = model_costs_price(m, row, paid);

	c->answers++;
	count(&c->tokens, &paid->tokens);
	if (usd < 0) {
		c->unpriced++;
		return usd;
	}
	c->usd += usd;
	if (paid->stated) {
		c->stated += usd;
		c->stated_n++;
		c->stated_for += paid->tokens.in + paid->tokens.out;
	}
	return usd;
}

/* What answers stated has more causes than tokens: it is no less than an answer cost so far. */
static double stated_estimate(const struct model_cost *c, double tokens)
{
	double mean = c->stated / (double)c->stated_n;

	return c->stated_for > 0 ? fmax(mean, c->stated / c->stated_for * tokens) : mean;
}

double model_costs_estimate(const struct model_costs *m, int row, double in, double out)
{
	const struct model_cost *c = &m->at[m->at[row].answered_as];

	if (c->stated_n)
		return stated_estimate(c, in + out);
	return c->price ? price_usd(c->price, &(struct priced_tokens){.in = in, .out = out}) : -1;
}

double model_costs_usd(const struct model_costs *m)
{
	uint64_t known = 0, unpriced = 0;
	double usd = 0;

	for (int i = 0; i < m->n; i++) {
		usd += m->at[i].usd;
		known += m->at[i].answers - m->at[i].unpriced;
		unpriced += m->at[i].unpriced;
	}
	return known || (m->prices->n && !unpriced) ? usd : -1;
}
