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

/* One item; returns its cost. */
static int64_t act_on(struct control *c, uint32_t i)
{
	const struct query_reader reader = control_reader(c);
	struct engine *e = c->engine;
	enum item_action action = (enum item_action)c->bulk.action;
	const struct filter *f = &c->bulk.filter;
	const struct item *item = items_at(&e->items, i);
	int64_t read = item_read_cost(item), cost = 1;
	int8_t before;

	if (!filter_item(f, item))
		return cost;
	if (f->needs) {
		cost += read;
		if (!reader.passes(reader.ctx, i, f))
			return cost;
	}
	cost += engine_act_reads(action, item) ? read + COST_RECORD : COST_CHANGE;
	before = undo_before(action, item);
	if (!(action == ACTION_PRIORITY ? engine_change_priority(e, i, c->bulk.by)
					: engine_act(e, action, i, false))) {
		if (!c->bulk.done++)
			undo_begin(&c->undo, action, c->bulk.by);
		undo_note(&c->undo, i, before, e->items.n);
	}
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

void bulk_step(struct control *c, int64_t cost_left)
{
	struct engine *e = c->engine;
	struct bulk *b = &c->bulk;
	char missed[MISSED_SIZE];

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
	if (b->in_background)
		events_add(&e->observer.events, e->wall_us, EVENT_INFO, "%" PRIu64 " items %s%s",
			b->done, done_word(c), missed_words(b, missed));
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

static bool start(
	struct control *c, int action, int by, const char *filter, struct command_reply *reply)
{
	struct bulk *b = &c->bulk;
	uint64_t matches;
	char error[sizeof(((struct rows_info *)0)->error)];

	if (b->active)
		return command_say(reply, false,
			"busy: %" PRIu64 " items %s so far, wait until it ends", b->done,
			done_word(c));
	*b = (struct bulk){.action = action, .by = by};
	if (!filter_parse(&b->filter, filter, error, sizeof(error)))
		return command_say(reply, false, "%s", error);
	matches = count_matches(c);
	b->active = true;
	bulk_step(c, 2 * QUERY_OPEN_COST);
	if (!b->active)
		return command_say(reply, true, "%" PRIu64 " items %s", b->done, done_word(c));
	b->in_background = true;
	return command_say(reply, true, "%" PRIu64 " items %s so far, %s%" PRIu64 "; more follow",
		b->done, done_word(c), b->filter.needs ? "of at most " : "of ", matches);
}

bool bulk_undo(struct control *c, struct command_reply *reply)
{
	struct bulk *b = &c->bulk;
	char missed[MISSED_SIZE];

	if (b->active)
		return command_say(reply, false,
			"busy: %" PRIu64 " items %s so far, wait until it ends", b->done,
			done_word(c));
	*b = (struct bulk){.undoing = true, .active = true};
	bulk_step(c, 2 * QUERY_OPEN_COST);
	if (!b->active)
		return command_say(reply, true, "undone: %" PRIu64 " items %s%s", b->done,
			done_word(c), missed_words(b, missed));
	b->in_background = true;
	return command_say(reply, true, "undoing: %" PRIu64 " items %s so far; more follow",
		b->done, done_word(c));
}

bool bulk_start(struct control *c, int action, const char *filter, struct command_reply *reply)
{
	return start(c, action, 0, filter, reply);
}

bool bulk_priority(struct control *c, int by, const char *filter, struct command_reply *reply)
{
	return start(c, ACTION_PRIORITY, by, filter, reply);
}
