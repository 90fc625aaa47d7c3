/* Settles the cost of attempts, learns from it for the next estimates, and warns of unlikely usage.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "api/usage.h"
#include "base/clock.h"
#include "base/text.h"
#include "core/engine_internal.h"
#include "core/streaming.h"
#include "core/question.h"

/* A usage of so many times the estimate, of at least so many tokens, is strange. */
#define ODD_TIMES    100.0
#define ODD_LEAST    100.0
#define ODD_AGAIN_US US_PER_MIN

void costs_init(struct costs *c, const struct budget *limits, const struct prices *prices)
{
	c->budget = *limits;
	model_costs_init(&c->models, prices);
}

/* ---- before a request is sent ---- */

void cost_expect(const struct engine *e, struct prepared *p, double in, double out)
{
	double usd = model_costs_estimate(&e->costs.models, p->cost_row, in, out);

	p->spending = (struct spending){in, out, usd > 0 ? usd : 0};
}

/* Names the model of the prepared request, and finds its row. */
static void find_model(struct model_costs *m, struct prepared *p)
{
	const struct model_cost *last = &m->at[m->last];
	size_t len = p->line.model.len > 2 ? p->line.model.len - 2 : 0;
	const char *name = len ? p->line.model.at + 1 : "";
	char whole[MODEL_COST_NAME];

	/* mostly all requests are for one model */
	if (len && len < sizeof(p->model) && len == last->name_len &&
		!memcmp(last->name, name, len)) {
		memcpy(p->model, last->name, len + 1);
		p->cost_row = m->last;
		return;
	}
	request_model(&p->line, p->model, sizeof(p->model));
	request_model(&p->line, whole, sizeof(whole));
	p->cost_row = model_costs_row(m, whole);
}

void cost_estimate(struct engine *e, struct prepared *p)
{
	double in;

	find_model(&e->costs.models, p);
	p->tokens = estimate_tokens(
		&e->costs.estimate, p->model, p->line.prompt_bytes, p->line.max_tokens, &in);
	cost_expect(e, p, in, p->tokens - in);
}

/* what: the reason, before what was spent. */
static void say_why(
	const struct engine *e, const char *what, const char *advice, char *why, size_t size)
{
	const struct budget *b = &e->costs.budget;
	double known = model_costs_usd(&e->costs.models);
	bool dollars = known >= 0 || b->usd > 0;
	char usd[16];

	snprintf(why, size, "%s: %.0f tokens%s%s spent; %s", what, b->spent.in + b->spent.out,
		dollars ? ", " : "", dollars ? text_usd(known, usd, sizeof(usd)) : "", advice);
}

/* Drains the run. */
static void stop(struct engine *e, const char *what, const char *advice)
{
	char why[200];

	say_why(e, what, advice, why, sizeof(why));
	engine_stop(e, MODE_DRAINING, why);
	events_add(&e->observer.events, e->wall_us, EVENT_WARNING, "%s", why);
}

/* The budget is used up: an operator may raise it. */
static void ask(struct engine *e, const struct prepared *p)
{
	const struct budget *b = &e->costs.budget;
	double usd = b->spent.usd + b->reserved.usd + p->spending.usd;
	char why[200];

	say_why(e, "budget reached", "raise it, then run again to continue", why, sizeof(why));
	engine_ask(
		e, b->usd > 0 && usd > b->usd ? QUESTION_BUDGET_USD : QUESTION_BUDGET_TOKENS, why);
	say_why(e, "budget reached", "the run waits for your answer", why, sizeof(why));
	events_add(&e->observer.events, e->wall_us, EVENT_WARNING, "%s", why);
}

/* Is there a budget of dollars, and nothing to count this model's with? */
static bool is_blind(const struct engine *e, int row)
{
	return e->costs.budget.usd > 0 && model_costs_estimate(&e->costs.models, row, 1, 1) < 0;
}

/* May the prepared request be sent as far as the budget goes, must it wait for the answers in
 * flight, or is the budget used up? */
enum funds { FUNDS_THERE, FUNDS_TO_COME, FUNDS_GONE };

static enum funds funds_for(struct engine *e, struct prepared *p)
{
	const struct budget *b = &e->costs.budget;
	bool in_flight = e->attempts.in_flight > 0;

	/* one answer shows whether it states its cost */
	if (in_flight && is_blind(e, p->cost_row))
		return FUNDS_TO_COME;
	if (budget_allows(b, p->spending))
		return FUNDS_THERE;
	/* answers that came since it was prepared may have shown that it costs less */
	cost_estimate(e, p);
	if (budget_allows(b, p->spending))
		return FUNDS_THERE;
	/* An estimate may be wrong: it alone does not stop a run that has spent nothing. */
	if (!budget_any_spent(b))
		return in_flight ? FUNDS_TO_COME : FUNDS_THERE;
	return in_flight && budget_may_allow(b, p->spending) ? FUNDS_TO_COME : FUNDS_GONE;
}

bool cost_over_budget(struct engine *e, struct prepared *p, enum bound *bound)
{
	enum funds funds = funds_for(e, p);

	if (funds == FUNDS_THERE)
		return false;
	*bound = BOUND_CONCURRENCY; /* until the next answer is settled */
	if (funds == FUNDS_TO_COME)
		return true;
	if (e->life.interactive)
		ask(e, p);
	else
		stop(e, "budget reached", "raise it, then run again to continue");
	*bound = BOUND_DONE;
	return true;
}

/* ---- when it is answered ---- */

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
				   : 0,
		0};
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
		": %.0f tokens reported, about %.0f estimated; the reported number counts",
		items_at(&e->items, a->item)->line, reported, a->spending.in + a->spending.out);
	engine_warn(e, "an answer reports an unlikely usage", text);
}

/* The row of the model that answered, where the request's name says too little. */
static int answered_row(struct engine *e, int row, const struct verdict *v)
{
	char model[MODEL_COST_NAME];

	json_string_text(usage_model(v->json), model, sizeof(model));
	return model_costs_answered(&e->costs.models, row, model);
}

/* Counts what was paid. Returns the dollars for the budget: where they are not known, those of
 * earlier answers of the model; without any, a budget of dollars cannot be counted. */
static double count_paid(struct engine *e, int row, const struct paid *paid)
{
	static const char uncountable[] =
		"the budget cannot be enforced: an answer has neither a cost nor a price";
	double usd = model_costs_add(&e->costs.models, row, paid);

	if (usd >= 0 || e->costs.budget.usd <= 0)
		return usd > 0 ? usd : 0;
	usd = model_costs_estimate(&e->costs.models, row, paid->tokens.in, paid->tokens.out);
	if (usd < 0 && e->life.mode == MODE_RUNNING)
		stop(e, uncountable, "give --price, then run again");
	return usd > 0 ? usd : 0;
}

void cost_settle(struct engine *e, struct attempt *a, struct verdict *v)
{
	struct spending cost = cost_of(a, v);
	double most = ODD_TIMES * fmax(ODD_LEAST, a->spending.out);
	int64_t out = v->tokens_out > most ? (int64_t)most : v->tokens_out;
	const struct paid paid = {.tokens = {.in = cost.in,
					  .out = cost.out,
					  .cached = (double)v->tokens_cached,
					  .cache_write = (double)v->tokens_cache_write},
		.stated = v->has_cost,
		.usd = v->cost_usd};

	v->estimated_in = v->tokens_in < 0 ? (int64_t)(cost.in + 0.5) : 0;
	v->estimated_out = v->tokens_out < 0 ? (int64_t)(cost.out + 0.5) : 0;
	if (v->json.at && model_costs_asks_answer(&e->costs.models, a->cost_row))
		a->cost_row = answered_row(e, a->cost_row, v);
	if (cost.in > 0 || cost.out > 0 || v->has_cost)
		cost.usd = count_paid(e, a->cost_row, &paid);
	budget_settle(&e->costs.budget, a->spending, cost);
	allowance_ended(e, a, &cost);
	check_usage(e, a, v);
	/* one wrong figure must not make the next requests look as large */
	if (v->outcome == OUTCOME_OK)
		estimate_learn(&e->costs.estimate, a->model, a->prompt_bytes, v->tokens_in, out);
}

/* ---- records ---- */

static double both(int64_t reported, int64_t estimated)
{
	reported = tokens_or_unknown(reported);
	estimated = tokens_or_unknown(estimated);
	return (double)(reported > 0 ? reported : 0) + (double)(estimated > 0 ? estimated : 0);
}

static struct paid paid_of(const struct cost_record *r)
{
	struct priced_tokens t = {
		.in = both(r->in, r->estimated_in), .out = both(r->out, r->estimated_out)};

	t.cached = fmin(both(r->cached, 0), t.in);
	t.cache_write = fmin(both(r->cache_write, 0), t.in - t.cached);
	return (struct paid){
		.tokens = t, .stated = r->nano_usd >= 0, .usd = (double)r->nano_usd / NANO_PER_USD};
}

double cost_usd_of(const struct engine *e, const struct attempt *a, const struct verdict *v)
{
	const struct cost_record r = cost_record_of(v, NULL);
	const struct paid paid = paid_of(&r);

	if (v->tokens_in < 0 && v->tokens_out < 0 && r.nano_usd < 0)
		return -1;
	return model_costs_price(&e->costs.models, a->cost_row, &paid);
}

int cost_row_of(struct engine *e, const struct cost_record *r)
{
	char model[MODEL_COST_NAME] = "";

	if (r->model_len)
		text_sanitise(model, sizeof(model), r->model, r->model_len);
	return model_costs_row(&e->costs.models, model);
}

double cost_of_record(struct engine *e, const struct cost_record *r)
{
	const struct paid paid = paid_of(r);

	return model_costs_price(&e->costs.models, cost_row_of(e, r), &paid);
}

void cost_restore(struct engine *e, const struct cost_record *r)
{
	const struct paid paid = paid_of(r);
	struct spending cost = {paid.tokens.in, paid.tokens.out, 0};
	double usd;

	if (!(cost.in > 0 || cost.out > 0 || paid.stated))
		return;
	e->costs.earlier = true;
	usd = model_costs_add(&e->costs.models, cost_row_of(e, r), &paid);
	cost.usd = usd > 0 ? usd : 0;
	budget_settle(&e->costs.budget, (struct spending){0, 0, 0}, cost);
}
