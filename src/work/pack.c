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
	/* Ready tasks that do not fit are passed over: PASS_OVER, and PASS_OVER_EACH more for each
	 * task in the pack. So tasks of two models need not be sorted by model. */
	PASS_OVER = 32,
	PASS_OVER_EACH = 8,
	PASS_OVER_MOST = 1024,
	ENDED_MOST = 256, /* tasks that end without a request in one filling: turns stay short */
	KEEP_ERROR_BYTES = 16 << 10, /* of a refusal, whose body each item's record repeats */
	MAX_ANSWER = 1 << 30,
	/* A task's next pack is smaller after so many refusals by rate limits; the second number
	 * holds for packs larger than the server ever answered. */
	RATED_OFTEN = 8,
	RATED_UNPROVEN = 3,
	MAX_WEIGHT =
		(1 << 20) - 1, /* of an input: PACK_MAX of them are within pack_share()'s sum */
};

/* The most of a minute's tokens that one request may have, so that the pace stays even. */
static const double share_of_tpm = 1.0 / 6;

struct pack {
	struct work work;
	/* One for each stage, as stages may have different servers; a plain run has one. */
	struct pack_size size[ROUTES_MAX];
	double max_tokens;        /* of a packed request */
	uint64_t items, requests; /* answered ok in packs of several */
	struct request request;   /* of the task that may join a pack */
	uint32_t passed_over[PASS_OVER_MOST];
	struct attempt *member[PACK_MAX]; /* of the pack that is answered */
	struct pack_element element[PACK_MAX];
	struct buf body; /* one task's part of the answer */
};

/* ---- filling a pack ---- */

/* A packed request under construction. */
struct filling {
	struct attempt *leader, *last;
	struct queue *queue;
	struct request *request; /* the leader's; inputs are added to it */
	struct pack_place place; /* of the inputs in its body */
	int n, limit;            /* tasks in it, and how many it may have */
	double tokens, max_tokens;
	int passed_over, ended, next_calls; /* tasks passed over or ended; calls of work_next() */
};

/* Would another failure end the task? Then it is sent alone, so that no other task's fault ends it.
 */
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

/* How many tasks a pack with this leader may have. */
static int limit_of(struct pack *k, const struct attempt *leader)
{
	const struct item *task = attempt_task(leader);
	int limit = size_of(k, leader->task.queue)->now;

	if (is_last_attempt(k->work.engine, leader->task.queue, task))
		return 1;
	return task->share && 1 << (task->share - 1) < limit ? 1 << (task->share - 1) : limit;
}

/* May the prepared task, whose request is other, share the leader's request? Both must have been
 * refused in packs of the same size, or in none, and go to the fallback of the same route, or to
 * none. */
static bool may_share(const struct engine *e, const struct filling *f, const struct request *other,
	const struct pack_place *place)
{
	const struct item *task = items_at(f->queue->tasks, f->queue->prepared.i);
	const struct item *first = attempt_task(f->leader);

	return task->share == first->share && !is_last_attempt(e, f->queue, task) &&
	       task->avoid == first->avoid && pack_same(f->request, &f->place, other, place);
}

/* The result of adding a task to a pack. */
enum adding {
	ADDING_DONE,
	ADDING_DIFFERENT, /* its request is another one */
	ADDING_FULL,      /* the pack has no room for it */
	ADDING_ENDED,     /* the task needs no request */
};

/* Adds the input of the prepared task to the request. */
static enum adding add_input(struct pack *k, struct filling *f)
{
	struct engine *e = k->work.engine;
	const struct endpoint *endpoint = e->routes.at[f->leader->route].endpoint;
	struct prepared *p = &f->queue->prepared;
	struct pack_place place;

	if (provider_of(endpoint->provider, &p->line) != f->leader->provider ||
		!request_build(endpoint, &p->line, &k->request, NULL) ||
		!pack_find(&k->request, &place) || !may_share(e, f, &k->request, &place))
		return ADDING_DIFFERENT;
	/* embeddings have no output tokens, whatever the estimate */
	cost_expect(e, p, p->spending.in, 0);
	if (f->tokens + p->spending.in > f->max_tokens ||
		!budget_allows(&e->costs.budget, p->spending))
		return ADDING_FULL;
	if (start_known(e, f->queue))
		return ADDING_ENDED;
	return pack_append(f->request, &f->place, &k->request, &place, MAX_BYTES) ? ADDING_DONE
										  : ADDING_FULL;
}

/* Makes the prepared task, whose input was added, a member of the pack. */
static void add_member(struct pack *k, struct filling *f)
{
	struct engine *e = k->work.engine;
	struct attempt *a;

	f->tokens += f->queue->prepared.spending.in;
	a = attempt_join(e, f->queue, f->leader, f->last);
	scrub_note_request(a, &k->request);
	streaming_prepare(e, a, &k->request);
	f->last = a;
	f->n++;
}

static bool may_gather_more(const struct filling *f)
{
	return f->n < f->limit && f->passed_over < PASS_OVER_MOST &&
	       f->passed_over < PASS_OVER + PASS_OVER_EACH * f->n && f->ended < ENDED_MOST &&
	       f->next_calls < f->limit + ENDED_MOST;
}

static void fill(struct pack *k, struct filling *f)
{
	struct queue *q = f->queue;
	enum adding adding = ADDING_DONE;

	while (adding != ADDING_FULL && may_gather_more(f)) {
		enum prepare prepare = start_prepare(k->work.engine, q);

		if (prepare == PREPARE_STOP) {
			f->next_calls++;
			if (!start_hand_on(k->work.engine, q->home) && !work_next(k->work.inner))
				break;
			continue;
		}
		if (prepare == PREPARE_NONE) {
			f->ended++;
			continue;
		}
		adding = add_input(k, f);
		if (adding == ADDING_DONE) {
			add_member(k, f);
		} else if (adding == ADDING_ENDED) {
			f->ended++;
		} else {
			k->passed_over[f->passed_over++] = q->prepared.i;
			q->prepared.there = false;
		}
	}
	/* back to the front of the queue, in their order */
	while (f->passed_over > 0)
		scheduler_ready(&q->scheduler, k->passed_over[--f->passed_over], true);
}

static int gather(struct work *w, struct attempt *leader, struct request *r, double *tokens)
{
	struct pack *k = (struct pack *)w;
	const struct lane *lane = leader->lane->lane;
	double minute = lane_tpm(lane);
	struct filling f = {.leader = leader,
		.last = leader,
		.queue = leader->task.queue,
		.request = r,
		.n = 1,
		.limit = limit_of(k, leader),
		.tokens = leader->spending.in,
		.max_tokens = k->max_tokens};

	if (!leader->provider->answers_json || !pack_find(r, &f.place))
		return 0;
	leader->leader = leader;
	if (minute > 0 && minute * share_of_tpm < f.max_tokens)
		f.max_tokens = minute * share_of_tpm;
	/* a probe only shows whether anything passes */
	if (!lane_probing(lane))
		fill(k, &f);
	for (struct attempt *a = leader; a; a = a->next_member)
		a->members = f.n;
	if (f.n > 1)
		*tokens = f.tokens;
	return f.n - 1;
}

/* ---- unpacking an answer ---- */

/* The answer to a packed request, while it is split for the members. */
struct unpacking {
	const struct answer *answer;
	struct answer_context context;
	struct pack_size *size;
	int n;
	uint64_t weight; /* of all inputs */
	bool fresh;      /* no member was refused in a pack before */
	bool too_often;  /* rate limits refused a member often: perhaps the pack is too large */
	struct pack_answer parts; /* of a good answer */
	const char *unreadable;   /* why it has no parts; NULL: it has */
	uint64_t before;          /* the weight of the inputs before this one */
};

/* Limits the size of the task's next pack; a power of two, kept in four bits. */
static void limit_pack(struct item *task, int limit)
{
	task->share = (uint8_t)(1 + __builtin_ctz((unsigned)limit)) & 15;
}

/* Ends an attempt whose item the operator cancelled, whatever the answer. */
static void end_cancelled(
	struct pack *k, struct attempt *a, const struct unpacking *u, const struct verdict *v)
{
	struct answer none = *u->answer;
	struct verdict cancelled = *v;

	none.result = NET_CANCELLED;
	none.status = cancelled.status = 0;
	none.body = NULL;
	none.body_len = 0;
	cancelled.outcome = OUTCOME_CANCELLED;
	cancelled.json = (struct json_span){NULL, 0};
	snprintf(cancelled.code, sizeof(cancelled.code), "%s", engine_cancelled.code);
	snprintf(cancelled.message, sizeof(cancelled.message), "%s", engine_cancelled.message);
	answer_settle(k->work.engine, a, &none, &cancelled);
	answer_end(k->work.engine, a, &none, &cancelled, &u->context);
}

/* Ends a failed attempt. The failure counts against each member, though one of them alone may have
 * caused it: the next pack is smaller. So it is after many refusals by rate limits, which the size
 * may have caused. */
static void end_failed(struct pack *k, struct attempt *a, const struct answer *answer,
	struct unpacking *u, const struct verdict *v)
{
	struct item *task = attempt_task(a);
	int real = task->real_attempts, rated = task->rate_attempts;
	int often = u->n > u->size->proven ? RATED_UNPROVEN : RATED_OFTEN;
	bool too_often;

	answer_end(k->work.engine, a, answer, v, &u->context);
	if (task->state != ITEM_WAITING)
		return;
	too_often = task->rate_attempts > rated && task->rate_attempts % often == 0;
	if (too_often || task->real_attempts > real)
		limit_pack(task, pack_half(u->n));
	u->too_often = u->too_often || too_often;
}

/* The members after this task wait as long as it does, so that they can share a request again. */
static void share_wait(const struct engine *e, struct task task, struct answer_context *others)
{
	if (task_item(task)->state == ITEM_WAITING)
		others->wait_us = queue_due_of(task.queue, task.i) - e->now_us;
}

/* Ends every member with the failure of the request. */
static void fail_all(struct pack *k, struct unpacking *u, const struct verdict *v)
{
	struct answer answer = *u->answer;
	struct verdict each = *v;

	if (answer.body_len > KEEP_ERROR_BYTES) {
		answer.body_len = 0;
		each.json = (struct json_span){NULL, 0};
	}
	for (int i = 0; i < u->n; i++) {
		struct attempt *a = k->member[i];
		struct task task = a->task;
		struct verdict own = each;

		if (a->cancel_item && v->outcome != OUTCOME_CANCELLED) {
			end_cancelled(k, a, u, &own);
			continue;
		}
		if (i) /* the usage of the request is counted once */
			verdict_drop_usage(&own);
		answer_settle(k->work.engine, a, &answer, &own);
		end_failed(k, a, &answer, u, &own);
		share_wait(k->work.engine, task, &u->context);
	}
	if (u->fresh && u->too_often)
		pack_size_doubted(u->size, u->n);
}

static void journal_split(
	struct pack *k, const struct unpacking *u, const struct verdict *v, int half)
{
	struct engine *e = k->work.engine;
	const struct item *first = items_at(&e->items, k->member[0]->item);
	const struct queue *q = k->member[0]->task.queue;
	struct json_writer w = json_writer_to(&e->recorder.scratch);

	buf_clear(&e->recorder.scratch);
	if (q->member)
		json_member_text(&w, q->member, q->name);
	json_member_int(&w, "line", first->line);
	json_member_int(&w, "items", u->n);
	json_member_int(&w, "next", half);
	json_member_int(&w, "status", v->status);
	json_member_text(&w, "message", v->message);
	journal_event(e, JOURNAL_SPLIT, &e->recorder.scratch);
}

/* Queues the members again, for smaller packs, so that a bad one ends alone. The refusal is that of
 * the request: it spends none of their attempts. */
static void split(struct pack *k, struct unpacking *u, const struct verdict *v)
{
	struct engine *e = k->work.engine;
	int half = pack_half(u->n);

	if (u->fresh && v->outcome == OUTCOME_CLIENT_ERROR && v->status != 413)
		pack_size_doubted(u->size, u->n);
	else if (u->fresh)
		pack_size_refused(u->size, u->n);
	journal_split(k, u, v, half);
	observer_note(&e->observer, k->member[0], items_at(&e->items, k->member[0]->item), v,
		EVENT_INFO, "and others will be retried in halves", e->wall_us);
	for (int i = u->n - 1; i >= 0; i--) {
		struct attempt *a = k->member[i];
		struct verdict own = *v;

		if (a->cancel_item) {
			end_cancelled(k, a, u, &own);
			continue;
		}
		if (i)
			verdict_drop_usage(&own);
		answer_settle(e, a, u->answer, &own);
		limit_pack(attempt_task(a), half);
		answer_requeue(e, a, u->answer, &own);
	}
}

/* A member's share of the tokens that the request used. */
static uint64_t weight_of(const struct attempt *a)
{
	return a->prompt_bytes < MAX_WEIGHT ? a->prompt_bytes : MAX_WEIGHT;
}

/* Why the i-th member has no part of the answer; NULL: its part is in k->body. upto: the weight of
 * the inputs up to its own. */
static const char *write_part(struct pack *k, const struct unpacking *u, int i, uint64_t upto)
{
	buf_clear(&k->body);
	if (u->unreadable)
		return u->unreadable;
	if (!u->parts.element[i].value.at)
		return "";
	return pack_answer_write(&u->parts, i, u->before, upto, u->weight, &k->body)
		       ? NULL
		       : "it is too large";
}

/* why: as write_part() has it. */
static void set_missing_part(struct verdict *v, const char *why)
{
	v->outcome = OUTCOME_BAD_RESPONSE;
	if (*why)
		snprintf(v->message, sizeof(v->message), "cannot split the packed answer: %s", why);
	else
		snprintf(v->message, sizeof(v->message),
			"the packed answer lacks the embedding of this item");
}

static void share_usage(struct verdict *v, uint64_t before, uint64_t upto, uint64_t sum)
{
	if (v->tokens_in >= 0)
		v->tokens_in = pack_share(v->tokens_in, before, upto, sum);
	if (v->tokens_out >= 0)
		v->tokens_out = pack_share(v->tokens_out, before, upto, sum);
	v->tokens_cached = pack_share(v->tokens_cached, before, upto, sum);
	v->tokens_cache_write = pack_share(v->tokens_cache_write, before, upto, sum);
	v->cost_usd *= (double)(upto - before) / (double)sum;
}

/* Ends the i-th member with its part of the answer. Returns the outcome, OUTCOME_OK for a cancelled
 * one. */
static enum outcome unpack_one(
	struct pack *k, struct unpacking *u, int i, const struct verdict *of_request)
{
	struct attempt *a = k->member[i];
	uint64_t upto = u->before + weight_of(a);
	struct answer own = *u->answer;
	struct verdict v = *of_request;
	const char *missing;

	share_usage(&v, u->before, upto, u->weight);
	if (a->cancel_item) {
		end_cancelled(k, a, u, &v);
		return OUTCOME_OK;
	}
	missing = write_part(k, u, i, upto);
	if (missing)
		set_missing_part(&v, missing);
	own.body = buf_str(&k->body);
	own.body_len = k->body.len;
	v.json = (struct json_span){own.body_len ? own.body : NULL, own.body_len};
	answer_settle(k->work.engine, a, &own, &v);
	if (v.outcome == OUTCOME_OK)
		answer_end(k->work.engine, a, &own, &v, &u->context);
	else
		end_failed(k, a, &own, u, &v);
	return v.outcome;
}

/* Ends every member with its part of a good answer. Returns OUTCOME_OK, or the outcome of the last
 * member that failed. */
static enum outcome unpack_all(struct pack *k, struct unpacking *u, const struct verdict *v)
{
	enum outcome all = OUTCOME_OK;

	u->parts.element = k->element;
	pack_answer_read(u->answer->body, u->answer->body_len, u->n, &u->parts, &u->unreadable);
	for (int i = 0; i < u->n; i++) {
		/* the attempt is gone when it has ended */
		struct task task = k->member[i]->task;
		uint64_t weight = weight_of(k->member[i]);
		enum outcome outcome = unpack_one(k, u, i, v);

		if (outcome != OUTCOME_OK)
			all = outcome;
		share_wait(k->work.engine, task, &u->context);
		u->before += weight;
	}
	buf_trim(&k->body, KEEP_ERROR_BYTES);
	/* more such requests would be paid for in vain */
	if (u->unreadable && u->fresh)
		pack_size_refused(u->size, u->n);
	if (all != OUTCOME_OK)
		return all;
	pack_size_passed(u->size, u->n, u->fresh);
	k->items += (uint64_t)u->n;
	k->requests++;
	return all;
}

static bool answered(struct work *w, struct attempt *leader, const struct answer *answer,
	struct verdict *v, const struct answer_context *context)
{
	struct pack *k = (struct pack *)w;
	struct unpacking u = {.answer = answer,
		.context = *context,
		.size = size_of(k, leader->task.queue),
		.fresh = !attempt_task(leader)->share};

	if (!leader->leader || leader->members < 2)
		return false;
	scrub_verdict(w->engine, leader, v);
	for (struct attempt *a = leader; a; a = a->next_member) {
		k->member[u.n++] = a;
		u.weight += weight_of(a);
	}
	if (v->outcome == OUTCOME_OK)
		v->outcome = unpack_all(k, &u, v);
	else if (pack_worth_splitting(v))
		split(k, &u, v);
	else
		fail_all(k, &u, v);
	return true;
}

/* Counts an answer to a task that could be packed but was sent alone. */
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
