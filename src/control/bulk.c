#include "control/bulk.h"

#include <inttypes.h>

#include "control/command_impl.h"

/* Costs in units of item_read_cost(): a record to be written, any other change. */
enum { COST_RECORD = 150, COST_CHANGE = 2 };

static const char *const dones[] = {[ACTION_CANCEL] = "cancelled",
	[ACTION_RETRY] = "queued again",
	[ACTION_HOLD] = "held",
	[ACTION_RELEASE] = "released"};

static const char *done_word(const struct bulk *b)
{
	if (b->action != ACTION_BUMP)
		return dones[b->action];
	return b->by > 0 ? "raised" : "lowered";
}

bool bulk_has_work(const struct engine *e)
{
	return e->bulk.active && !e->disk_full;
}

/* One item; returns what it cost. */
static int64_t act_on(struct engine *e, uint32_t i)
{
	const struct query_reader reader = engine_reader(e);
	enum item_action action = (enum item_action)e->bulk.action;
	const struct filter *f = &e->bulk.filter;
	const struct item *item = items_at(&e->items, i);
	int64_t read = item_read_cost(item), cost = 1;

	if (!filter_item(f, item))
		return cost;
	if (f->needs) {
		cost += read;
		if (!reader.passes(reader.ctx, i, f))
			return cost;
	}
	cost += engine_act_reads(action, item) ? read + COST_RECORD : COST_CHANGE;
	if (!(action == ACTION_BUMP ? engine_bump(e, i, e->bulk.by)
				    : engine_act(e, action, i, false)))
		e->bulk.done++;
	return cost;
}

void bulk_step(struct engine *e, int64_t units)
{
	struct bulk *b = &e->bulk;

	if (!bulk_has_work(e))
		return;
	while (b->next < e->items.n && units > 0)
		units -= act_on(e, b->next++);
	engine_bumped(e, b->next < e->items.n);
	if (b->next < e->items.n)
		return;
	b->active = false;
	if (b->in_background)
		events_add(&e->events, e->wall_us, EVENT_INFO, "%" PRIu64 " items %s", b->done,
			done_word(b));
}

/* How many items match, by the words that the item itself answers. */
static uint64_t count_matches(const struct engine *e)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < e->items.n; i++)
		n += filter_item(&e->bulk.filter, items_at(&e->items, i));
	return n;
}

static bool start(
	struct engine *e, int action, int by, const char *filter, struct command_reply *reply)
{
	struct bulk *b = &e->bulk;
	uint64_t matches;
	char error[80];

	if (b->active)
		return command_say(reply, false,
			"busy: %" PRIu64 " items %s so far, wait for the rest", b->done,
			done_word(b));
	*b = (struct bulk){.action = action, .by = by};
	if (!filter_parse(&b->filter, filter, error, sizeof(error)))
		return command_say(reply, false, "%s", error);
	matches = count_matches(e);
	b->active = true;
	bulk_step(e, 2 * QUERY_OPEN_UNITS);
	if (!b->active)
		return command_say(reply, true, "%" PRIu64 " items %s", b->done, done_word(b));
	b->in_background = true;
	return command_say(reply, true,
		"%" PRIu64 " items %s so far, %s%" PRIu64 "; the rest follows", b->done,
		done_word(b), b->filter.needs ? "of at most " : "of ", matches);
}

bool bulk_start(struct engine *e, int action, const char *filter, struct command_reply *reply)
{
	return start(e, action, 0, filter, reply);
}

bool bulk_bump(struct engine *e, int by, const char *filter, struct command_reply *reply)
{
	return start(e, ACTION_BUMP, by, filter, reply);
}
