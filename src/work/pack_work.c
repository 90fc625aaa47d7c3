#include "core/answer_scrub.h"
#include "work/pack_work.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/pack.h"
#include "api/provider.h"
#include "base/alloc.h"
#include "work/reuse.h"
#include "work/pack_size.h"
#include "core/streaming.h"

enum {
	MAX_BYTES = 16 << 20, /* of a packed body */
	/* Ready items that do not fit are passed over, some and more for each that does, so that
	 * the items of two models need not stand in order. */
	PASS_OVER = 32,
	PASS_OVER_EACH = 8,
	PASS_OVER_MOST = 1024,
	ENDED_MOST = 256, /* items that need not be sent, on the way: the turn stays short */
	KEEP_ERROR_BYTES = 16 << 10, /* of a refusal, whose body each item's record repeats */
	MAX_ANSWER = 1 << 30,
	RATED_OFTEN = 8, /* refusals of an item by rate limits, until there are fewer together; */
	RATED_UNPROVEN = 3,         /* when the server never took as many */
	MAX_WEIGHT = (1 << 20) - 1, /* of an input: PACK_MAX of them stay within pack_share()'s */
};

/* Tokens of one request, as a share of a minute's: the pace stays even. */
static const double share_of_tpm = 1.0 / 6;

struct packing {
	struct pack_size size;
	double max_tokens;
	struct request request; /* of the item that may join */
	uint32_t passed_over[PASS_OVER_MOST];
	struct attempt *member[PACK_MAX]; /* of the pack whose answer came */
	struct pack_element element[PACK_MAX];
	struct buf body; /* one item's answer */
};

struct packing *packing_new(int most, double tokens)
{
	struct packing *k = xcalloc(1, sizeof(*k));

	pack_size_init(&k->size, most < PACK_MAX ? most : PACK_MAX);
	k->max_tokens = tokens;
	request_init(&k->request, SOURCE_MAX_LINE);
	buf_init(&k->body, MAX_ANSWER);
	return k;
}

void packing_free(struct packing *k)
{
	if (!k)
		return;
	request_free(&k->request);
	buf_free(&k->body);
	free(k);
}

/* ---- going out ---- */

/* A pack on its way out. */
struct load {
	struct attempt *leader, *last;
	struct pack_place place; /* of the inputs in e->request */
	int n, most;
	double tokens, max_tokens;
};

/* Is the item's next failure its end? Then it should fail of nothing but itself. */
static bool is_last_attempt(const struct engine *e, const struct item *item)
{
	int most = e->config.max_attempts, expected = e->config.expect_attempts;

	if (expected > most)
		expected = most;
	return (item->real_attempts && item->real_attempts + 1 >= most) ||
	       (item->missed && item->missed + 1 >= expected);
}

/* How many may share a request with this item. */
static int most_with(const struct engine *e, const struct item *item)
{
	int most = e->packing->size.now;

	if (is_last_attempt(e, item))
		return 1;
	return item->pack && 1 << (item->pack - 1) < most ? 1 << (item->pack - 1) : most;
}

enum fit {
	FIT_JOINS,
	FIT_NOT,
	FIT_FULL,
	FIT_ENDED, /* it needs no request: its answer is there or on its way */
};

/* May the prepared item, whose request is other, go with the leader? Those that were refused
 * together before do not mix with the rest, nor does what a route failed at, on its way to the
 * fallback, take others there. */
static bool is_alike(const struct engine *e, const struct load *load, const struct request *other,
	struct pack_place *place)
{
	const struct item *item = items_at(&e->items, e->prepared.item);
	const struct item *first = items_at(&e->items, load->leader->item);

	return item->pack == first->pack && !is_last_attempt(e, item) &&
	       item->avoid == first->avoid && pack_find(other, place) &&
	       pack_same(&e->request, &load->place, other, place);
}

/* Does the prepared item fit? Then its input has been added. */
static enum fit fit(struct engine *e, struct load *load)
{
	const struct endpoint *endpoint = e->routes.at[load->leader->route].endpoint;
	struct request *other = &e->packing->request;
	struct prepared *p = &e->prepared;
	struct pack_place place;

	if (provider_of(endpoint->provider, &p->line) != load->leader->provider ||
		!request_build(endpoint, &p->line, other, NULL) ||
		!is_alike(e, load, other, &place))
		return FIT_NOT;
	p->spending.out = 0; /* there are none, whatever the estimate */
	if (load->tokens + p->spending.in > load->max_tokens ||
		!budget_allows(&e->budget, p->spending))
		return FIT_FULL;
	if (e->reuse && !p->looked && reuse_take(e))
		return FIT_ENDED;
	return pack_append(&e->request, &load->place, other, &place, MAX_BYTES) ? FIT_JOINS
										: FIT_FULL;
}

static void join(struct engine *e, struct load *load)
{
	struct attempt *rider;

	load->tokens += e->prepared.spending.in;
	rider = engine_attempt_begin(e, &e->prepared, load->leader->route);
	scrub_note_request(rider, &e->packing->request);
	streaming_prepare(e, rider, &e->packing->request);
	rider->pack = load->leader;
	load->last->pack_next = rider;
	load->last = rider;
	load->n++;
	e->riders++;
}

/* Back to the front of the queue, in the order they were in. */
static void put_back(struct engine *e, int n)
{
	while (n > 0)
		scheduler_ready(&e->scheduler, e->packing->passed_over[--n], true);
}

static void fill(struct engine *e, struct load *load)
{
	enum fit fits = FIT_JOINS;
	int over = 0, ended = 0;

	while (load->n < load->most && fits != FIT_FULL && over < PASS_OVER_MOST &&
		over < PASS_OVER + PASS_OVER_EACH * load->n && ended < ENDED_MOST &&
		engine_prepare(e)) {
		fits = fit(e, load);
		if (fits == FIT_JOINS) {
			join(e, load);
		} else if (fits == FIT_ENDED) {
			ended++;
		} else {
			e->packing->passed_over[over++] = e->prepared.item;
			e->prepared.there = false;
		}
	}
	put_back(e, over);
}

int pack_gather(struct engine *e, struct attempt *leader, double *tokens)
{
	const struct lane *lane = e->routes.at[leader->route].lane;
	double minute = lane_tpm(lane);
	struct load load = {.leader = leader,
		.last = leader,
		.n = 1,
		.most = most_with(e, items_at(&e->items, leader->item)),
		.tokens = leader->spending.in,
		.max_tokens = e->packing->max_tokens};

	if (!leader->provider->answers_json || !pack_find(&e->request, &load.place))
		return 0;
	leader->pack = leader;
	if (minute > 0 && minute * share_of_tpm < load.max_tokens)
		load.max_tokens = minute * share_of_tpm;
	/* a probe is to show whether anything passes */
	if (!lane_probing(lane))
		fill(e, &load);
	for (struct attempt *a = leader; a; a = a->pack_next)
		a->packed = load.n;
	if (load.n > 1)
		*tokens = load.tokens;
	return load.n - 1;
}

void pack_started(struct attempt *leader)
{
	for (struct attempt *a = leader; a; a = a->pack_next)
		a->transfer = leader->transfer;
}

bool pack_is_cancelled(const struct attempt *a)
{
	for (a = a->pack; a; a = a->pack_next)
		if (!a->cancel_item)
			return false;
	return true;
}

/* ---- coming back ---- */

/* An answer on its way to the items. */
struct deal {
	const struct answer *answer;
	struct standing when;
	int n;
	uint64_t weight; /* of all inputs */
	bool fresh;      /* none of them was refused in a pack before */
	bool too_often;  /* they were, by rate limits: perhaps for their number */
};

/* The bound in an item's four bits. */
static void bound(struct item *item, int most)
{
	item->pack = (uint8_t)(1 + __builtin_ctz((unsigned)most)) & 15;
}

/* The operator wanted it gone: whatever came is not its result. */
static void drop(struct engine *e, struct attempt *a, const struct deal *deal, struct verdict *v)
{
	struct answer none = *deal->answer;

	none.result = NET_CANCELLED;
	none.status = v->status = 0;
	none.body = NULL;
	none.body_len = 0;
	v->outcome = OUTCOME_CANCELLED;
	v->body_is_json = false;
	snprintf(v->code, sizeof(v->code), "%s", engine_cancelled.code);
	snprintf(v->message, sizeof(v->message), "%s", engine_cancelled.message);
	engine_settle(e, a, &none, v);
	engine_attempt_ended(e, a, &none, v, &deal->when);
}

/* A failure counts against each, though perhaps one of them is to blame: next time there are fewer
 * together. Refusals by rate limits may be for the size, when there are many. */
static void fail(struct engine *e, struct attempt *a, const struct answer *answer,
	struct deal *deal, struct verdict *v)
{
	struct item *item = items_at(&e->items, a->item);
	int real = item->real_attempts, rated = item->rate_attempts;
	int often = deal->n > e->packing->size.proven ? RATED_UNPROVEN : RATED_OFTEN;
	bool too_often;

	engine_attempt_ended(e, a, answer, v, &deal->when);
	if (item->state != ITEM_WAITING)
		return;
	too_often = item->rate_attempts > rated && item->rate_attempts % often == 0;
	if (too_often || item->real_attempts > real)
		bound(item, pack_half(deal->n));
	deal->too_often = deal->too_often || too_often;
}

/* What waits together can go together again: those that follow wait as long as this item. */
static void wait_with(const struct engine *e, uint32_t item, struct standing *others)
{
	if (items_at(&e->items, item)->state == ITEM_WAITING)
		others->wait_us = scheduler_due_of(&e->scheduler, item) - e->now_us;
}

/* Each item fails of what the request did. */
static void fail_all(struct engine *e, struct deal *deal, const struct verdict *v)
{
	struct answer answer = *deal->answer;
	struct verdict each = *v;

	if (answer.body_len > KEEP_ERROR_BYTES) {
		answer.body_len = 0;
		each.body_is_json = false;
	}
	for (int i = 0; i < deal->n; i++) {
		struct attempt *a = e->packing->member[i];
		uint32_t item = a->item;
		struct verdict own = each;

		if (a->cancel_item && v->outcome != OUTCOME_CANCELLED) {
			drop(e, a, deal, &own);
			continue;
		}
		engine_settle(e, a, &answer, &own);
		fail(e, a, &answer, deal, &own);
		wait_with(e, item, &deal->when);
	}
	if (deal->fresh && deal->too_often)
		pack_size_doubted(&e->packing->size, deal->n);
}

static void journal_split(
	struct engine *e, const struct deal *deal, const struct verdict *v, int half)
{
	const struct item *first = items_at(&e->items, e->packing->member[0]->item);
	struct buf *b = &e->scratch;

	buf_clear(b);
	buf_addf(b, "\"line\":%" PRIu32 ",\"items\":%d,\"next\":%d,\"status\":%d,\"message\":",
		first->line, deal->n, half, v->status);
	json_add_string(b, v->message, strlen(v->message));
	journal_event(e, JOURNAL_SPLIT, b);
}

/* The refusal is that of the request, not of its items: they go again, fewer together, so that a
 * bad one ends alone and fails by itself. Spends none of their attempts. */
static void split(struct engine *e, struct deal *deal, const struct verdict *v)
{
	int half = pack_half(deal->n);

	if (deal->fresh && v->outcome == OUTCOME_CLIENT_ERROR && v->status != 413)
		pack_size_doubted(&e->packing->size, deal->n);
	else if (deal->fresh)
		pack_size_refused(&e->packing->size, deal->n);
	journal_split(e, deal, v, half);
	engine_note_attempt(e, e->packing->member[0], v, EVENT_INFO, "and others again in halves");
	for (int i = deal->n - 1; i >= 0; i--) {
		struct attempt *a = e->packing->member[i];
		struct item *item = items_at(&e->items, a->item);
		struct verdict own = *v;

		if (a->cancel_item) {
			drop(e, a, deal, &own);
			continue;
		}
		engine_settle(e, a, deal->answer, &own);
		engine_keep_attempt(e, a, deal->answer, &own, 0);
		bound(item, half);
		if (item->by_hand) {
			engine_hold_by_hand(e, a->item);
		} else {
			items_set_state(&e->items, a->item, ITEM_QUEUED);
			scheduler_ready(&e->scheduler, a->item, true);
		}
		engine_attempt_drop(e, a);
	}
}

/* What is wrong with an item's part of a good answer. */
static void lacks(struct verdict *v, const char *why)
{
	v->outcome = OUTCOME_BAD_RESPONSE;
	if (why)
		snprintf(v->message, sizeof(v->message),
			"the packed answer cannot be taken apart: %s", why);
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
static enum outcome give(struct engine *e, struct attempt *a, struct deal *deal,
	const struct pack_answer *parts, int i, const char *why, uint64_t before, struct verdict *v)
{
	uint64_t upto = before + weight_of(a);
	struct answer own = *deal->answer;
	struct buf *body = &e->packing->body;
	enum outcome outcome;

	if (v->tokens_in >= 0)
		v->tokens_in = pack_share(v->tokens_in, before, upto, deal->weight);
	if (v->tokens_out >= 0)
		v->tokens_out = pack_share(v->tokens_out, before, upto, deal->weight);
	if (a->cancel_item) {
		drop(e, a, deal, v);
		return OUTCOME_OK;
	}
	buf_clear(body);
	if (why || !parts->element[i].value.at)
		lacks(v, why);
	else if (!pack_answer_write(parts, i, before, upto, deal->weight, body))
		lacks(v, "it is too large");
	own.body = buf_str(body);
	own.body_len = body->len;
	v->body_is_json = body->len > 0;
	engine_settle(e, a, &own, v);
	outcome = v->outcome;
	if (outcome == OUTCOME_OK)
		engine_attempt_ended(e, a, &own, v, &deal->when);
	else
		fail(e, a, &own, deal, v);
	return outcome;
}

static void spread(struct engine *e, struct deal *deal, struct verdict *v)
{
	struct pack_answer parts = {.element = e->packing->element};
	struct verdict each = *v;
	uint64_t before = 0;
	const char *why;

	pack_answer_read(deal->answer->body, deal->answer->body_len, deal->n, &parts, &why);
	for (int i = 0; i < deal->n; i++) {
		struct attempt *a = e->packing->member[i];
		uint64_t weight = weight_of(a);
		uint32_t item = a->item;
		struct verdict own = each;
		enum outcome outcome = give(e, a, deal, &parts, i, why, before, &own);

		if (outcome != OUTCOME_OK)
			v->outcome = outcome;
		wait_with(e, item, &deal->when);
		before += weight;
	}
	buf_trim(&e->packing->body, KEEP_ERROR_BYTES);
	/* others would be paid for in vain as well */
	if (why && deal->fresh)
		pack_size_refused(&e->packing->size, deal->n);
	if (v->outcome != OUTCOME_OK)
		return;
	pack_size_passed(&e->packing->size, deal->n, deal->fresh);
	stats_packed(&e->stats, deal->n);
}

void pack_answered(struct engine *e, struct attempt *leader, const struct answer *answer,
	struct verdict *v, const struct standing *when)
{
	struct deal deal = {
		.answer = answer, .when = *when, .fresh = !items_at(&e->items, leader->item)->pack};

	for (struct attempt *a = leader; a; a = a->pack_next) {
		e->packing->member[deal.n++] = a;
		deal.weight += weight_of(a);
	}
	e->riders -= (uint32_t)deal.n - 1;
	if (v->outcome == OUTCOME_OK)
		spread(e, &deal, v);
	else if (pack_worth_splitting(v))
		split(e, &deal, v);
	else
		fail_all(e, &deal, v);
}

void pack_alone(struct engine *e, const struct attempt *a, const struct verdict *v)
{
	if (v->outcome == OUTCOME_OK)
		pack_size_passed(&e->packing->size, 1, !items_at(&e->items, a->item)->pack);
}
