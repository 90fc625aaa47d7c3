#include "control/undo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "core/route.h"

enum { UNTOUCHED = INT8_MIN, WAS_BY_HAND = 16 };

/* Commands for tagged items come at once. */
#define TOGETHER_US (100 * US_PER_MS)

void undo_free(struct undo *u)
{
	free(u->before);
	u->before = NULL;
	u->n = 0;
	u->acts_at = 0;
}

void undo_begin(struct undo *u, enum item_action action, int by)
{
	undo_free(u);
	u->action = action;
	u->by = by;
	u->one_by_one = false;
}

void undo_begin_one(struct undo *u, enum item_action action, int by, int64_t now_us)
{
	if (!u->acts_at || !u->one_by_one || u->action != action || u->by != by ||
		now_us - u->acted_us > TOGETHER_US)
		undo_begin(u, action, by);
	u->one_by_one = true;
	u->acted_us = now_us;
}

int8_t undo_before(enum item_action action, const struct item *item)
{
	if (action == ACTION_PRIORITY)
		return item->priority;
	return (int8_t)(item->state | (item->by_hand ? WAS_BY_HAND : 0));
}

void undo_note(struct undo *u, uint32_t item, int8_t before, uint32_t n_items)
{
	if (item >= u->n) {
		u->before = xrealloc(u->before, n_items, 1);
		memset(u->before + u->n, UNTOUCHED, n_items - u->n);
		u->n = n_items;
	}
	u->before[item] = before;
	u->acts_at = ++u->last;
}

bool undo_has(const struct undo *u, uint32_t item)
{
	return item < u->n && u->before[item] != UNTOUCHED;
}

static bool act(struct engine *e, enum item_action action, uint32_t i)
{
	return !engine_act(e, action, i, false);
}

static bool waits(const struct item *item)
{
	return !item->ending && (item->state == ITEM_QUEUED || item->state == ITEM_WAITING);
}

/* A failed item that was queued again is held: it is not sent, and what becomes of it is for the
 * operator to say. */
static bool undo_retry(struct engine *e, uint32_t i, int8_t before)
{
	if (!waits(items_at(&e->items, i)))
		return false;
	switch (before & ~WAS_BY_HAND) {
	case ITEM_CANCELLED:
		return act(e, ACTION_CANCEL, i);
	case ITEM_WAITING:
		return false;
	default:
		return act(e, ACTION_HOLD, i);
	}
}

static bool undo_priority(const struct undo *u, struct engine *e, uint32_t i, int8_t before)
{
	int after = before + u->by;

	after = after > -SCHEDULER_LOWEST ? -SCHEDULER_LOWEST : after;
	after = after < SCHEDULER_LOWEST ? SCHEDULER_LOWEST : after;
	return items_at(&e->items, i)->priority == after &&
	       !engine_change_priority(e, i, before - after);
}

bool undo_item(struct undo *u, struct engine *e, uint32_t i)
{
	const struct item *item = items_at(&e->items, i);
	int8_t before = u->before[i];

	switch (u->action) {
	case ACTION_CANCEL:
		if (item->ending || item->state != ITEM_CANCELLED || !act(e, ACTION_RETRY, i))
			return false;
		return !(before & WAS_BY_HAND) || act(e, ACTION_HOLD, i);
	case ACTION_HOLD:
		return act(e, ACTION_RELEASE, i);
	case ACTION_RELEASE:
		return waits(item) && act(e, ACTION_HOLD, i);
	case ACTION_RETRY:
		return undo_retry(e, i, before);
	case ACTION_PRIORITY:
		return undo_priority(u, e, i, before);
	}
	return false;
}

const char *undo_word(const struct undo *u)
{
	switch (u->action) {
	case ACTION_CANCEL:
		return "queued again";
	case ACTION_HOLD:
		return "released";
	case ACTION_RELEASE:
		return "held again";
	case ACTION_RETRY:
		return "undone: cancelled again, or held if they had failed";
	case ACTION_PRIORITY:
		break;
	}
	return "back at their former priority";
}

/* ---- limits ---- */

static struct lane *lane_of(const struct engine *e, int i)
{
	return lanes_at(e->routes.at[i].lanes, 0);
}

void undo_read_limits(struct engine *e, struct undo_limits *out)
{
	*out = (struct undo_limits){.n = e->routes.n};

	out->budget_tokens = e->costs.budget.tokens;
	out->budget_usd = e->costs.budget.usd;
	for (int i = 0; i < out->n; i++) {
		lane_hand(lane_of(e, i), &out->lane[i]);
		out->weight[i] = e->routes.at[i].weight;
	}
}

static bool same(const struct lane_hand *a, const struct lane_hand *b)
{
	return a->rpm == b->rpm && a->tpm == b->tpm && a->rate == b->rate &&
	       a->concurrency == b->concurrency && a->rpm_by_hand == b->rpm_by_hand &&
	       a->tpm_by_hand == b->tpm_by_hand && a->concurrency_by_hand == b->concurrency_by_hand;
}

static bool same_limits(const struct undo_limits *a, const struct undo_limits *b)
{
	for (int i = 0; i < a->n; i++)
		if (!same(&a->lane[i], &b->lane[i]) || a->weight[i] != b->weight[i])
			return false;
	return a->budget_tokens == b->budget_tokens && a->budget_usd == b->budget_usd;
}

void undo_note_limits(struct undo *u, struct engine *e, const struct undo_limits *before)
{
	struct undo_limits now;

	undo_read_limits(e, &now);
	if (now.n != before->n || same_limits(&now, before))
		return;
	u->limits = *before;
	u->limits_at = ++u->last;
}

/* Adds a limit to the text. *owner: the endpoint to name before it, NULL: none; it is named once.
 */
static void add(char *text, size_t size, const char **owner, const char *name, double value,
	const char *none)
{
	size_t len = strlen(text);
	char number[32];

	snprintf(text + len, size - len, "%s%s%s%s ",
		!len     ? ""
		: *owner ? "; "
			 : ", ",
		*owner ? *owner : "", *owner ? ": " : "", name);
	*owner = NULL;
	len = strlen(text);
	snprintf(text + len, size - len, "%s",
		value > 0 ? text_limit(value, number, sizeof(number)) : none);
}

static void set_route(
	struct engine *e, int i, const struct undo_limits *limits, char *text, size_t size)
{
	const struct lane_hand *to = &limits->lane[i];
	struct route *r = &e->routes.at[i];
	const char *owner = e->routes.n > 1 ? r->name : NULL;
	struct lane_hand now;

	lane_hand(lane_of(e, i), &now);
	if (now.concurrency != to->concurrency)
		add(text, size, &owner, "concurrency", to->concurrency, "auto");
	if (now.rpm != to->rpm)
		add(text, size, &owner, "rpm", to->rpm, "off");
	if (now.tpm != to->tpm)
		add(text, size, &owner, "tpm", to->tpm, "off");
	if (now.rate != to->rate)
		add(text, size, &owner, "rate", to->rate, "auto");
	if (!same(&now, to))
		lane_set_hand(lane_of(e, i), e->now_us, to);
	if (r->weight != limits->weight[i])
		add(text, size, &owner, "weight", limits->weight[i], "0");
	r->weight = limits->weight[i];
}

void undo_set_limits(struct undo *u, struct engine *e, char *text, size_t size)
{
	const struct undo_limits *to = &u->limits;
	const char *nobody = NULL;

	text[0] = '\0';
	for (int i = 0; i < e->routes.n && i < to->n; i++)
		set_route(e, i, to, text, size);
	if (e->costs.budget.tokens != to->budget_tokens)
		add(text, size, &nobody, "budget tokens", to->budget_tokens, "off");
	if (e->costs.budget.usd != to->budget_usd)
		add(text, size, &nobody, "budget usd", to->budget_usd, "off");
	e->costs.budget.tokens = to->budget_tokens;
	e->costs.budget.usd = to->budget_usd;
	u->limits_at = 0;
}
