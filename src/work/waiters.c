/* Items with the same request share one answer: the first, the leader, is sent, and the others wait
 * for it. A waiter has the state queued but stands in no queue. It goes back into the queue when
 * the leader's answer is in the results, where the waiter reads it, or when the leader failed and
 * the waiter is the next to be sent. */
#include <stdio.h>

#include "work/cache_impl.h"
#include "ledger/read_back.h"
#include "ledger/result_view.h"

enum { KEEP_RECORD_BYTES = 1 << 20 };

static void wait_for(struct cache *c, uint32_t leader, uint32_t i)
{
	struct engine *e = c->work.engine;

	items_at(&e->items, leader)->leader = true;
	items_at(&e->items, i)->waits_on = true;
	e->sources.waiters++;
	coalescing_wait(&c->coalescing, leader, i);
}

void cache_stop_waiting(struct cache *c, uint32_t i)
{
	items_at(&c->work.engine->items, i)->waits_on = false;
	c->work.engine->sources.waiters--;
}

/* Queues a waiter again; false when it stopped waiting before. */
static bool release_waiter(struct cache *c, uint32_t i)
{
	struct engine *e = c->work.engine;

	if (!items_at(&e->items, i)->waits_on)
		return false;
	cache_stop_waiting(c, i);
	queue_ready(e->sources.entry, i, true);
	return true;
}

void cache_release_waiters(struct cache *c, uint32_t i)
{
	struct items *items = &c->work.engine->items;
	bool shares = items_at(items, i)->state == ITEM_OK;
	uint32_t next;

	items_at(items, i)->leader = false;
	while ((next = coalescing_next_waiter(&c->coalescing, i)) != ITEM_NONE) {
		if (!release_waiter(c, next) || shares)
			continue;
		/* This one is sent instead, and leads the rest. */
		items_at(items, next)->leader = coalescing_move_waiters(&c->coalescing, i, next);
		return;
	}
}

/* May the item still get an answer in this session? */
static bool is_unfinished(const struct item *item)
{
	return item->ending || item->state == ITEM_QUEUED || item->state == ITEM_WAITING ||
	       item->state == ITEM_IN_FLIGHT;
}

/* The file may have been truncated just before: then the record may be that of another item. */
static bool is_record_of(struct cache *c, const struct item *item)
{
	struct engine *e = c->work.engine;
	struct buf *text = &e->recorder.scratch;
	struct result_record record;
	const char *id;
	size_t len;

	if (!result_record_parse(c->record.data, c->record.len, &record))
		return false;
	record_id_text(record.id, text, &id, &len);
	return (uint32_t)record_id_key(&e->recorder.keys, id, len) == item->id_mark;
}

/* Reads the record of an item that ended ok into c->record; once for all waiters of a leader. */
static bool read_record(struct cache *c, uint32_t i)
{
	const struct item *item = items_at(&c->work.engine->items, i);
	uint64_t place;

	if (c->record_of == i)
		return true;
	c->record_of = ITEM_NONE;
	buf_trim(&c->record, KEEP_RECORD_BYTES);
	if (item->state != ITEM_OK || !item_place(item, &place) ||
		!ledger_read_result(c->work.engine->recorder.ledger, place, &c->record) ||
		!is_record_of(c, item))
		return false;
	c->record_of = i;
	return true;
}

/* Ends the prepared item with the leader's answer; false when it has none to share. */
static bool share(struct cache *c, struct queue *q, uint32_t leader_item)
{
	const struct item *leader = items_at(&c->work.engine->items, leader_item);
	const struct result_item source = {.same_as_line = leader->line};
	struct stored_answer from = {.tokens_in = -1, .tokens_out = -1};
	uint32_t sharer = q->prepared.item;
	struct buf body, id;
	struct result_view view;
	bool shared;

	if (leader->doubted || !read_record(c, leader_item) ||
		!result_view_parse(c->record.data, c->record.len, &view) || !view.answered)
		return false;
	buf_init(&body, c->record.len);
	buf_init(&id, c->record.len);
	result_view_body(&view, &body);
	result_view_text(view.request_id, &id);
	snprintf(from.request_id, sizeof(from.request_id), "%s", buf_str(&id));
	from.status = view.status;
	from.body = buf_str(&body);
	from.body_len = body.len;
	shared = cache_end(c, q, &from, __builtin_ctz(c->keys.set), &source);
	c->shared += shared;
	if (shared)
		cache_note(c, (struct recent){.item = leader_item, .sharer = sharer});
	buf_free(&body);
	buf_free(&id);
	return shared;
}

bool cache_take_shared(struct cache *c, struct queue *q)
{
	uint32_t i = q->prepared.item;
	uint32_t leader = coalescing_leader(&c->coalescing, &c->keys.whole, i);

	if (leader == i)
		return false;
	if (is_unfinished(items_at(&c->work.engine->items, leader))) {
		wait_for(c, leader, i);
		return true;
	}
	if (share(c, q, leader))
		return true;
	coalescing_set_leader(&c->coalescing, &c->keys.whole, i);
	return false;
}

void cache_add_earlier(struct cache *c, uint32_t i)
{
	struct engine *e = c->work.engine;
	struct request_keys keys;

	if (!c->coalesces || c->no_earlier || !engine_read_item(e, i))
		return;
	cache_make_keys(c, &e->item_read.line, items_at(&e->items, i)->line, &keys);
	if (keys.there)
		coalescing_leader(&c->coalescing, &keys.whole, i);
}
