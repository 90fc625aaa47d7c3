/* Items that ask the same share one answer: the first is sent, the others follow it. A follower is
 * queued but in no queue; it goes back there when the answer is in the results, where it reads it,
 * or when the first one failed and it is its turn to be sent. */
#include <stdio.h>

#include "work/cache_impl.h"
#include "ledger/read_back.h"
#include "ledger/result_view.h"

enum { KEEP_RECORD_BYTES = 1 << 20 };

static void follow(struct cache *c, uint32_t leader, uint32_t i)
{
	struct engine *e = c->work.engine;

	items_at(&e->items, leader)->leads = true;
	items_at(&e->items, i)->follows = true;
	e->sources.apart++;
	same_follow(&c->same, leader, i);
}

void cache_leave(struct cache *c, uint32_t i)
{
	items_at(&c->work.engine->items, i)->follows = false;
	c->work.engine->sources.apart--;
}

/* Back into the queue; false when it went its own way meanwhile. */
static bool release(struct cache *c, uint32_t i)
{
	struct engine *e = c->work.engine;

	if (!items_at(&e->items, i)->follows)
		return false;
	cache_leave(c, i);
	queue_ready(e->sources.entry, i, true);
	return true;
}

void cache_left(struct cache *c, uint32_t i)
{
	struct items *items = &c->work.engine->items;
	bool shares = items_at(items, i)->state == ITEM_OK;
	uint32_t next;

	items_at(items, i)->leads = false;
	while ((next = same_next(&c->same, i)) != ITEM_NONE) {
		if (!release(c, next) || shares)
			continue;
		/* One is sent in its place, for the others. */
		items_at(items, next)->leads = same_move(&c->same, i, next);
		return;
	}
}

/* Is the item on its way to an answer? */
static bool is_under_way(const struct item *item)
{
	return item->ending || item->state == ITEM_QUEUED || item->state == ITEM_WAITING ||
	       item->state == ITEM_IN_FLIGHT;
}

/* Another's may stand in its place, in a file that was truncated just before. */
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

/* The record of an item that ended ok; of many that wait for one it is read once. */
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

/* Ends the prepared item with the answer of one that is ok. */
static bool share(struct cache *c, struct queue *q, uint32_t with)
{
	const struct item *leader = items_at(&c->work.engine->items, with);
	const struct result_item source = {.same_as_line = leader->line};
	struct stored_answer from = {.tokens_in = -1, .tokens_out = -1};
	uint32_t sharer = q->prepared.item;
	struct buf body, id;
	struct result_view view;
	bool shared;

	if (leader->doubted || !read_record(c, with) ||
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
		cache_note(c, (struct recent){.item = with, .sharer = sharer});
	buf_free(&body);
	buf_free(&id);
	return shared;
}

bool cache_take_same(struct cache *c, struct queue *q)
{
	uint32_t i = q->prepared.item, first = same_first(&c->same, &c->keys.whole, i);

	if (first == i)
		return false;
	if (is_under_way(items_at(&c->work.engine->items, first))) {
		follow(c, first, i);
		return true;
	}
	if (share(c, q, first))
		return true;
	same_put(&c->same, &c->keys.whole, i);
	return false;
}

void cache_learn(struct cache *c, uint32_t i)
{
	struct engine *e = c->work.engine;
	struct request_keys keys;

	if (!c->coalesces || c->no_earlier || !engine_look(e, i))
		return;
	cache_make_keys(c, &e->look.line, items_at(&e->items, i)->line, &keys);
	if (keys.there)
		same_first(&c->same, &keys.whole, i);
}
