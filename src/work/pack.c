#include "work/pack.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/pack.h"
#include "api/provider.h"
#include "base/alloc.h"
#include "base/json_writer.h"
#include "core/answer.h"
#include "core/answer_scrub.h"
#include "core/attempt.h"
#include "core/engine_internal.h"
#include "core/start.h"
#include "core/streaming.h"
#include "work/pack_size.h"

enum {
	MAX_BYTES = 16 << 20, /* of a packed body */
	/* Ready items that do not fit are passed over, some and more for each that does, so that
	 * the items of two models need not stand in order. */
	PASS_OVER = 32,
	PASS_OVER_EACH = 8,
	PASS_OVER_MOST = 1024,
	ENDED_MOST = 256, /* tasks that need no request, on the way: the turn stays short */
	KEEP_ERROR_BYTES = 16 << 10, /* of a refusal, whose body each item's record repeats */
	MAX_ANSWER = 1 << 30,
	RATED_OFTEN = 8, /* refusals of an item by rate limits, until there are fewer together; */
	RATED_UNPROVEN = 3,         /* when the server never took as many */
	MAX_WEIGHT = (1 << 20) - 1, /* of an input: PACK_MAX of them stay within pack_share()'s */
};

/* Tokens of one request, as a share of a minute's: the pace stays even. */
static const double share_of_tpm = 1.0 / 6;

struct pack {
	struct work work;
	/* Of each stage, as they may have servers of their own; else there is one. */
	struct pack_size size[ROUTES_MAX];
	double max_tokens;
	uint64_t items, requests; /* answered ok together, in so many requests */
	struct request request;   /* of the task that may join */
	uint32_t passed_over[PASS_OVER_MOST];
	struct attempt *member[PACK_MAX]; /* of the pack whose answer came */
	struct pack_element element[PACK_MAX];
	struct buf body; /* one task's answer */
};

/* ---- going out ---- */

/* A pack on its way out. */
struct load {
	struct attempt *leader, *last;
	struct queue *queue;
	struct request *request; /* that all share */
	struct pack_place place; /* of the inputs in it */
	int n, most;
	double tokens, max_tokens;
	int over, ended, begun; /* tasks passed over, without a request; calls for more */
};

/* Is the task's next failure its end? Then it should fail of nothing but itself. */
static bool is_last_attempt(const struct engine *e, const struct queue *q, const struct item *task)
{
	int most = q->max_attempts ? q->max_attempts : e->config.max_attempts;
	int expected = e->config.expect_attempts;

	if (expected > most)
		expected = most;
	return (task->real_attempts && task->real_attempts + 1 >= most) ||
	       (task->missed && task->missed + 1 >= expected);
}

static struct pack_size *size_of(struct pack *k, const struct queue *q)
{
	return &k->size[q->route == ROUTE_NONE ? 0 : q->route];
}

/* How many may share a request with this task. */
static int most_with(struct pack *k, const struct attempt *a)
{
	const struct item *task = attempt_task(a);
	int most = size_of(k, a->task.queue)->now;

	if (is_last_attempt(k->work.engine, a->task.queue, task))
		return 1;
	return task->share && 1 << (task->share - 1) < most ? 1 << (task->share - 1) : most;
}

enum fit {
	FIT_JOINS,
	FIT_NOT,
	FIT_FULL,
	FIT_KNOWN, /* it needs no request */
};

/* May the prepared task, whose request is other, go with the leader? Those that were refused
 * together before do not mix with the rest, nor does what a route failed at, on its way to the
 * fallback, take others there. */
static bool is_alike(const struct engine *e, const struct load *load, const struct request *other,
	struct pack_place *place)
{
	const struct item *task = items_at(load->queue->tasks, load->queue->prepared.i);
	const struct item *first = attempt_task(load->leader);

	return task->share == first->share && !is_last_attempt(e, load->queue, task) &&
	       task->avoid == first->avoid && pack_find(other, place) &&
	       pack_same(load->request, &load->place, other, place);
}

/* Does the prepared task fit? Then its input has been added. */
static enum fit try_to_add(struct pack *k, struct load *load)
{
	struct engine *e = k->work.engine;
	const struct endpoint *endpoint = e->routes.at[load->leader->route].endpoint;
	struct prepared *p = &load->queue->prepared;
	struct pack_place place;

	if (provider_of(endpoint->provider, &p->line) != load->leader->provider ||
		!request_build(endpoint, &p->line, &k->request, NULL) ||
		!is_alike(e, load, &k->request, &place))
		return FIT_NOT;
	p->spending.out = 0; /* there are none, whatever the estimate */
	if (load->tokens + p->spending.in > load->max_tokens ||
		!budget_allows(&e->costs.budget, p->spending))
		return FIT_FULL;
	if (start_known(e, load->queue))
		return FIT_KNOWN;
	return pack_append(load->request, &load->place, &k->request, &place, MAX_BYTES) ? FIT_JOINS
											: FIT_FULL;
}

static void join(struct pack *k, struct load *load)
{
	struct engine *e = k->work.engine;
	struct attempt *a;

	load->tokens += load->queue->prepared.spending.in;
	a = attempt_join(e, load->queue, load->leader, load->last);
	scrub_note_request(a, &k->request);
	streaming_prepare(e, a, &k->request);
	load->last = a;
	load->n++;
}

static bool may_gather_more(const struct load *load)
{
	return load->n < load->most && load->over < PASS_OVER_MOST &&
	       load->over < PASS_OVER + PASS_OVER_EACH * load->n && load->ended < ENDED_MOST &&
	       load->begun < load->most + ENDED_MOST;
}

static void fill(struct pack *k, struct load *load)
{
	struct queue *q = load->queue;
	enum fit fit = FIT_JOINS;

	while (fit != FIT_FULL && may_gather_more(load)) {
		enum prepare prepare = start_prepare(k->work.engine, q);

		if (prepare == PREPARE_STOP) {
			load->begun++;
			if (!work_next(k->work.inner))
				break;
			continue;
		}
		if (prepare == PREPARE_NONE) {
			load->ended++;
			continue;
		}
		fit = try_to_add(k, load);
		if (fit == FIT_JOINS) {
			join(k, load);
		} else if (fit == FIT_KNOWN) {
			load->ended++;
		} else {
			k->passed_over[load->over++] = q->prepared.i;
			q->prepared.there = false;
		}
	}
	/* back to the front of the queue, in the order they were in */
	while (load->over > 0)
		scheduler_ready(&q->scheduler, k->passed_over[--load->over], true);
}

static int gather(struct work *w, struct attempt *leader, struct request *r, double *tokens)
{
	struct pack *k = (struct pack *)w;
	const struct lane *lane = w->engine->routes.at[leader->route].lane;
	double minute = lane_tpm(lane);
	struct load load = {.leader = leader,
		.last = leader,
		.queue = leader->task.queue,
		.request = r,
		.n = 1,
		.most = most_with(k, leader),
		.tokens = leader->spending.in,
		.max_tokens = k->max_tokens};

	if (!leader->provider->answers_json || !pack_find(r, &load.place))
		return 0;
	leader->leader = leader;
	if (minute > 0 && minute * share_of_tpm < load.max_tokens)
		load.max_tokens = minute * share_of_tpm;
	/* a probe is to show whether anything passes */
	if (!lane_probing(lane))
		fill(k, &load);
	for (struct attempt *a = leader; a; a = a->next_member)
		a->members = load.n;
	if (load.n > 1)
		*tokens = load.tokens;
	return load.n - 1;
}

/* ---- coming back ---- */

/* An answer on its way to the items. */
struct deal {
	const struct answer *answer;
	struct answer_context context;
	struct pack_size *size;
	int n;
	uint64_t weight; /* of all inputs */
	bool fresh;      /* none of them was refused in a pack before */
	bool too_often;  /* they were, by rate limits: perhaps for their number */
};

/* The bound in a task's four bits. */
static void bound(struct item *task, int most)
{
	task->share = (uint8_t)(1 + __builtin_ctz((unsigned)most)) & 15;
}

/* The operator wanted it gone: whatever came is not its result. */
static void drop(struct pack *k, struct attempt *a, const struct deal *deal, struct verdict *v)
{
	struct answer none = *deal->answer;

	none.result = NET_CANCELLED;
	none.status = v->status = 0;
	none.body = NULL;
	none.body_len = 0;
	v->outcome = OUTCOME_CANCELLED;
	v->json = (struct json_span){NULL, 0};
	snprintf(v->code, sizeof(v->code), "%s", engine_cancelled.code);
	snprintf(v->message, sizeof(v->message), "%s", engine_cancelled.message);
	answer_settle(k->work.engine, a, &none, v);
	answer_end(k->work.engine, a, &none, v, &deal->context);
}

/* A failure counts against each, though perhaps one of them is to blame: next time there are fewer
 * together. Refusals by rate limits may be for the size, when there are many. */
static void fail(struct pack *k, struct attempt *a, const struct answer *answer, struct deal *deal,
	struct verdict *v)
{
	struct item *task = attempt_task(a);
	int real = task->real_attempts, rated = task->rate_attempts;
	int often = deal->n > deal->size->proven ? RATED_UNPROVEN : RATED_OFTEN;
	bool too_often;

	answer_end(k->work.engine, a, answer, v, &deal->context);
	if (task->state != ITEM_WAITING)
		return;
	too_often = task->rate_attempts > rated && task->rate_attempts % often == 0;
	if (too_often || task->real_attempts > real)
		bound(task, pack_half(deal->n));
	deal->too_often = deal->too_often || too_often;
}

/* What waits together can go together again: those that follow wait as long as this task. */
static void wait_with(const struct engine *e, struct task task, struct answer_context *others)
{
	if (task_item(task)->state == ITEM_WAITING)
		others->wait_us = scheduler_due_of(&task.queue->scheduler, task.i) - e->now_us;
}

/* Each item fails of what the request did. */
static void fail_all(struct pack *k, struct deal *deal, const struct verdict *v)
{
	struct answer answer = *deal->answer;
	struct verdict each = *v;

	if (answer.body_len > KEEP_ERROR_BYTES) {
		answer.body_len = 0;
		each.json = (struct json_span){NULL, 0};
	}
	for (int i = 0; i < deal->n; i++) {
		struct attempt *a = k->member[i];
		struct task task = a->task;
		struct verdict own = each;

		if (a->cancel_item && v->outcome != OUTCOME_CANCELLED) {
			drop(k, a, deal, &own);
			continue;
		}
		answer_settle(k->work.engine, a, &answer, &own);
		fail(k, a, &answer, deal, &own);
		wait_with(k->work.engine, task, &deal->context);
	}
	if (deal->fresh && deal->too_often)
		pack_size_doubted(deal->size, deal->n);
}

static void journal_split(
	struct pack *k, const struct deal *deal, const struct verdict *v, int half)
{
	struct engine *e = k->work.engine;
	const struct item *first = items_at(&e->items, k->member[0]->item);
	const struct queue *q = k->member[0]->task.queue;
	struct json_writer w = json_writer_to(&e->recorder.scratch);

	buf_clear(&e->recorder.scratch);
	if (q->member)
		json_member_text(&w, q->member, q->name);
	json_member_int(&w, "line", first->line);
	json_member_int(&w, "items", deal->n);
	json_member_int(&w, "next", half);
	json_member_int(&w, "status", v->status);
	json_member_text(&w, "message", v->message);
	journal_event(e, JOURNAL_SPLIT, &e->recorder.scratch);
}

/* The refusal is that of the request, not of its items: they go again, fewer together, so that a
 * bad one ends alone and fails by itself. Spends none of their attempts. */
static void split(struct pack *k, struct deal *deal, const struct verdict *v)
{
	struct engine *e = k->work.engine;
	int half = pack_half(deal->n);

	if (deal->fresh && v->outcome == OUTCOME_CLIENT_ERROR && v->status != 413)
		pack_size_doubted(deal->size, deal->n);
	else if (deal->fresh)
		pack_size_refused(deal->size, deal->n);
	journal_split(k, deal, v, half);
	observer_note(&e->observer, k->member[0], v, EVENT_INFO, "and others will retry in halves",
		e->wall_us);
	for (int i = deal->n - 1; i >= 0; i--) {
		struct attempt *a = k->member[i];
		struct verdict own = *v;

		if (a->cancel_item) {
			drop(k, a, deal, &own);
			continue;
		}
		answer_settle(e, a, deal->answer, &own);
		bound(attempt_task(a), half);
		answer_requeue(e, a, deal->answer, &own);
	}
}

/* What is wrong with an item's part of a good answer. */
static void lacks(struct verdict *v, const char *why)
{
	v->outcome = OUTCOME_BAD_RESPONSE;
	if (why)
		snprintf(v->message, sizeof(v->message), "cannot split the packed answer: %s", why);
	else
		snprintf(v->message, sizeof(v->message),
			"the packed answer lacks the embedding of this item");
}

/* An item's share in what all cost. */
static uint64_t weight_of(const struct attempt *a)
{
	return a->prompt_bytes < MAX_WEIGHT ? a->prompt_bytes : MAX_WEIGHT;
}

/* Gives the item its part: weights from `before` up to `upto`. */
static enum outcome give(struct pack *k, struct attempt *a, struct deal *deal,
	const struct pack_answer *parts, int i, const char *why, uint64_t before, struct verdict *v)
{
	uint64_t upto = before + weight_of(a);
	struct answer own = *deal->answer;
	struct buf *body = &k->body;
	enum outcome outcome;

	if (v->tokens_in >= 0)
		v->tokens_in = pack_share(v->tokens_in, before, upto, deal->weight);
	if (v->tokens_out >= 0)
		v->tokens_out = pack_share(v->tokens_out, before, upto, deal->weight);
	if (a->cancel_item) {
		drop(k, a, deal, v);
		return OUTCOME_OK;
	}
	buf_clear(body);
	if (why || !parts->element[i].value.at)
		lacks(v, why);
	else if (!pack_answer_write(parts, i, before, upto, deal->weight, body))
		lacks(v, "it is too large");
	own.body = buf_str(body);
	own.body_len = body->len;
	v->json = (struct json_span){body->len ? own.body : NULL, body->len};
	answer_settle(k->work.engine, a, &own, v);
	outcome = v->outcome;
	if (outcome == OUTCOME_OK)
		answer_end(k->work.engine, a, &own, v, &deal->context);
	else
		fail(k, a, &own, deal, v);
	return outcome;
}

static void spread(struct pack *k, struct deal *deal, struct verdict *v)
{
	struct pack_answer parts = {.element = k->element};
	struct verdict each = *v;
	uint64_t before = 0;
	const char *why;

	pack_answer_read(deal->answer->body, deal->answer->body_len, deal->n, &parts, &why);
	for (int i = 0; i < deal->n; i++) {
		struct attempt *a = k->member[i];
		uint64_t weight = weight_of(a);
		struct task task = a->task;
		struct verdict own = each;
		enum outcome outcome = give(k, a, deal, &parts, i, why, before, &own);

		if (outcome != OUTCOME_OK)
			v->outcome = outcome;
		wait_with(k->work.engine, task, &deal->context);
		before += weight;
	}
	buf_trim(&k->body, KEEP_ERROR_BYTES);
	/* others would be paid for in vain as well */
	if (why && deal->fresh)
		pack_size_refused(deal->size, deal->n);
	if (v->outcome != OUTCOME_OK)
		return;
	pack_size_passed(deal->size, deal->n, deal->fresh);
	k->items += (uint64_t)deal->n;
	k->requests++;
}

static bool answered(struct work *w, struct attempt *leader, const struct answer *answer,
	struct verdict *v, const struct answer_context *context)
{
	struct pack *k = (struct pack *)w;
	struct deal deal = {.answer = answer,
		.context = *context,
		.size = size_of(k, leader->task.queue),
		.fresh = !attempt_task(leader)->share};

	if (!leader->leader || leader->members < 2)
		return false;
	scrub_verdict(w->engine, leader, v);
	for (struct attempt *a = leader; a; a = a->next_member) {
		k->member[deal.n++] = a;
		deal.weight += weight_of(a);
	}
	if (v->outcome == OUTCOME_OK)
		spread(k, &deal, v);
	else if (pack_worth_splitting(v))
		split(k, &deal, v);
	else
		fail_all(k, &deal, v);
	return true;
}

/* A task that can be packed went without others. */
static void ended(struct work *w, const struct task_end *end)
{
	struct pack *k = (struct pack *)w;
	const struct attempt *a = end->attempt;

	if (a && a->leader && a->members == 1 && end->verdict &&
		end->verdict->outcome == OUTCOME_OK)
		pack_size_passed(size_of(k, a->task.queue), 1, !attempt_task(a)->share);
	work_ended(w->inner, end);
}

/* ---- life ---- */

static void pack_open(struct work *w)
{
	const struct pack *k = (struct pack *)w;

	sources_add_figures(&w->engine->sources,
		&(struct figures){{"packed_items", "packed_requests"}, {&k->items, &k->requests}});
}

static void pack_free(struct work *w)
{
	struct pack *k = (struct pack *)w;

	request_free(&k->request);
	buf_free(&k->body);
	free(k);
}

static const struct work_ops pack_ops = {.name = "pack",
	.open = pack_open,
	.free = pack_free,
	.gather = gather,
	.answered = answered,
	.ended = ended};

struct work *pack_new(int most, double tokens, struct work *inner)
{
	struct pack *k = xcalloc(1, sizeof(*k));

	k->work.ops = &pack_ops;
	k->work.inner = inner;
	for (int i = 0; i < ROUTES_MAX; i++)
		pack_size_init(&k->size[i], most < PACK_MAX ? most : PACK_MAX);
	k->max_tokens = tokens;
	request_init(&k->request, SOURCE_MAX_LINE);
	buf_init(&k->body, MAX_ANSWER);
	return &k->work;
}

void pack_counts(struct work *chain, uint64_t *items, uint64_t *requests)
{
	const struct pack *k;

	while (chain && chain->ops != &pack_ops)
		chain = chain->inner;
	k = (const struct pack *)chain;
	*items = k ? k->items : 0;
	*requests = k ? k->requests : 0;
}
