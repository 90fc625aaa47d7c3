#include "control/bulk.h"

#include <inttypes.h>
#include <stdio.h>

#include "control/command_impl.h"

/* Costs, as item_read_cost() counts, of a record to write and of any other change. */
enum { COST_RECORD = 150, COST_CHANGE = 2 };

static const char *const dones[] = {[ACTION_CANCEL] = "cancelled",
	[ACTION_RETRY] = "queued again",
	[ACTION_HOLD] = "held",
	[ACTION_RELEASE] = "released"};

static const char *done_word(const struct control *c)
{
	const struct bulk *b = &c->bulk;

	if (b->undoing)
		return undo_word(&c->undo);
	if (b->action != ACTION_PRIORITY)
		return dones[b->action];
	return b->by > 0 ? "raised" : "lowered";
}

bool bulk_has_work(const struct control *c)
{
	return c->bulk.active && !c->engine->recorder.disk_full;
}

/* One item of the last act; returns its cost. */
static int64_t take_back(struct control *c, uint32_t i)
{
	if (!undo_has(&c->undo, i))
		return 1;
	if (undo_item(&c->undo, c->engine, i))
		c->bulk.done++;
	else
		c->bulk.missed++;
	return item_read_cost(items_at(&c->engine->items, i)) + COST_RECORD;
}

/* Acts on the item, or counts it only. */
static void act(struct control *c, uint32_t i)
{
	struct bulk *b = &c->bulk;
	struct engine *e = c->engine;
	enum item_action action = (enum item_action)b->action;
	const struct item *item = items_at(&e->items, i);
	int8_t before = undo_before(action, item);

	if (engine_act_refused(action, item, b->by))
		return;
	if (b->dry) {
		b->done++;
		return;
	}
	if (action == ACTION_PRIORITY ? engine_change_priority(e, i, b->by)
				      : engine_act(e, action, i, false))
		return;
	if (!b->done++)
		undo_begin(&c->undo, action, b->by);
	undo_note(&c->undo, i, before, e->items.n);
}

/* One item; returns its cost. */
static int64_t act_on(struct control *c, uint32_t i)
{
	struct bulk *b = &c->bulk;
	const struct item *item = items_at(&c->engine->items, i);
	int64_t read = item_read_cost(item), cost = 1;

	if (!filter_item(&b->filter, item))
		return cost;
	if (b->filter.needs && !control_passes(c, i, &b->filter, &cost))
		return cost;
	if (!b->dry)
		cost += engine_act_reads((enum item_action)b->action, item) ? read + COST_RECORD
									    : COST_CHANGE;
	act(c, i);
	return cost;
}

enum { MISSED_SIZE = 64 };

static const char *missed_words(const struct bulk *b, char *out)
{
	out[0] = '\0';
	if (b->missed)
		snprintf(out, MISSED_SIZE, "; %" PRIu64 " not: they have gone on since", b->missed);
	return out;
}

static void say_result(struct control *c)
{
	struct bulk *b = &c->bulk;
	char missed[MISSED_SIZE];

	if (b->dry)
		snprintf(b->result, sizeof(b->result), "%" PRIu64 " item%s would be %s", b->done,
			b->done == 1 ? "" : "s", done_word(c));
	else
		snprintf(b->result, sizeof(b->result), "%s%" PRIu64 " items %s%s",
			b->undoing ? "undone: " : "", b->done, done_word(c),
			missed_words(b, missed));
}

void bulk_step(struct control *c, int64_t cost_left)
{
	struct engine *e = c->engine;
	struct bulk *b = &c->bulk;

	if (!bulk_has_work(c))
		return;
	while (b->next < e->items.n && cost_left > 0)
		cost_left -= b->undoing ? take_back(c, b->next++) : act_on(c, b->next++);
	engine_priorities_changed(e, b->next < e->items.n);
	if (b->next < e->items.n)
		return;
	b->active = false;
	if (b->undoing)
		c->undo.acts_at = 0;
	say_result(c);
	if (b->in_background && !b->dry)
		events_add(&e->observer.events, e->wall_us, EVENT_INFO, "%s", b->result);
}

bool bulk_view(const struct control *c, uint64_t number, struct job_view *out)
{
	const struct bulk *b = &c->bulk;

	if (b->number != number)
		return false;
	*out = (struct job_view){.active = b->active, .ok = true, .items = b->done};
	snprintf(out->text, sizeof(out->text), "%s", b->active ? "" : b->result);
	return true;
}

/* How many items match, by the words that the item itself answers. */
static uint64_t count_matches(const struct control *c)
{
	const struct items *items = &c->engine->items;
	uint64_t n = 0;

	for (uint32_t i = 0; i < items->n; i++)
		n += filter_item(&c->bulk.filter, items_at(items, i));
	return n;
}

/* Takes the first step of the job, and says how far it came. Of how many, only the operator at the
 * run is told: others get the answer when the job is done. */
static bool begin(struct control *c, uint64_t matches, struct command_reply *reply)
{
	struct bulk *b = &c->bulk;
	char of[64] = "";

	b->active = true;
	bulk_step(c, c->asker->act_cost);
	reply->items = b->done;
	if (!b->active)
		return command_say(reply, true, "%s", b->result);
	b->in_background = true;
	reply->job = b->number;
	if (matches)
		snprintf(of, sizeof(of), ", of %s%" PRIu64, b->filter.needs ? "at most " : "",
			matches);
	return command_say(reply, true, "%s%" PRIu64 " items %s so far%s; more follow",
		b->undoing ? "undoing: " : "", b->done, done_word(c), of);
}

static bool is_busy(const struct control *c, struct command_reply *reply)
{
	if (c->bulk.active)
		command_say(reply, false, "busy: %" PRIu64 " items %s so far, wait until it ends",
			c->bulk.done, done_word(c));
	return c->bulk.active;
}

static bool start(
	struct control *c, int action, int by, const char *filter, struct command_reply *reply)
{
	struct bulk *b = &c->bulk;
	char error[sizeof(((struct rows_info *)0)->error)];

	if (is_busy(c, reply))
		return false;
	*b = (struct bulk){.action = action, .by = by, .dry = c->dry_run, .number = ++c->jobs};
	if (!filter_parse(&b->filter, filter, error, sizeof(error)))
		return command_say(reply, false, "%s", error);
	return begin(c, c->asker == &c->near ? count_matches(c) : 0, reply);
}

bool bulk_undo(struct control *c, struct command_reply *reply)
{
	struct bulk *b = &c->bulk;

	if (is_busy(c, reply))
		return false;
	*b = (struct bulk){.undoing = true, .number = ++c->jobs};
	return begin(c, 0, reply);
}

bool bulk_start(struct control *c, int action, const char *filter, struct command_reply *reply)
{
	return start(c, action, 0, filter, reply);
}

bool bulk_priority(struct control *c, int by, const char *filter, struct command_reply *reply)
{
	return start(c, ACTION_PRIORITY, by, filter, reply);
}
