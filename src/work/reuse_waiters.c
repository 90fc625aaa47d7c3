/* Items that ask the same share one answer: the first is sent, the others follow it. A follower is
 * queued but in no queue; it goes back there when the answer is in the results, where it reads it,
 * or when the first one failed and it is its turn to be sent. */
#include <stdio.h>

#include "work/reuse.h"
#include "ledger/result_view.h"
#include "work/stages.h"
#include "ledger/read_back.h"

enum { KEEP_RECORD_BYTES = 1 << 20 };

static void follow(struct engine *e, uint32_t leader, uint32_t i)
{
	struct item *item = items_at(&e->items, i);

	e->prepared.there = false;
	items_at(&e->items, leader)->leads = true;
	item->follows = true;
	e->reuse->followers++;
	same_follow(&e->reuse->same, leader, i);
}

void reuse_unfollow(struct engine *e, struct item *item)
{
	item->follows = false;
	e->reuse->followers--;
}

/* Back into the queue; false when it went its own way meanwhile. */
static bool release(struct engine *e, uint32_t i)
{
	struct item *item = items_at(&e->items, i);

	if (!item->follows)
		return false;
	reuse_unfollow(e, item);
	scheduler_ready(&e->scheduler, i, true);
	return true;
}

void reuse_left(struct engine *e, uint32_t i)
{
	struct item *leader = items_at(&e->items, i);
	struct same *same = &e->reuse->same;
	bool shares = leader->state == ITEM_OK;
	uint32_t next;

	leader->leads = false;
	while ((next = same_next(same, i)) != ITEM_NONE) {
		if (!release(e, next) || shares)
			continue;
		/* One is sent in its place, for the others. */
		items_at(&e->items, next)->leads = same_move(same, i, next);
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
static bool is_record_of(struct engine *e, const struct item *item)
{
	struct buf *text = &e->scratch;
	struct result_record record;
	const char *id;
	size_t len;

	if (!result_record_parse(e->reuse->record.data, e->reuse->record.len, &record))
		return false;
	record_id_text(record.id, text, &id, &len);
	return (uint32_t)record_id_key(&e->keys, id, len) == item->id_mark;
}

/* The record of an item that ended ok; of many that follow one it is read once. */
static bool read_record(struct engine *e, uint32_t i)
{
	struct reuse *r = e->reuse;
	const struct item *item = items_at(&e->items, i);
	uint64_t place;

	if (r->record_of == i)
		return true;
	r->record_of = ITEM_NONE;
	buf_trim(&r->record, KEEP_RECORD_BYTES);
	if (item->state != ITEM_OK || !item_place(item, &place) ||
		!ledger_read_result(e->ledger, place, &r->record) || !is_record_of(e, item))
		return false;
	r->record_of = i;
	return true;
}

/* Ends the prepared item with the answer of one that is ok. */
static bool share(struct engine *e, uint32_t with)
{
	const struct result_item how = {.same_as_line = items_at(&e->items, with)->line};
	struct stored_answer from = {.tokens_in = -1, .tokens_out = -1};
	struct buf body, id;
	uint32_t sharer = e->prepared.item;
	struct result_view view;
	bool shared;

	if (items_at(&e->items, with)->doubted || !read_record(e, with) ||
		!result_view_parse(e->reuse->record.data, e->reuse->record.len, &view) ||
		!view.answered)
		return false;
	buf_init(&body, e->reuse->record.len);
	buf_init(&id, e->reuse->record.len);
	result_view_body(&view, &body);
	result_view_text(view.request_id, &id);
	snprintf(from.request_id, sizeof(from.request_id), "%s", buf_str(&id));
	from.status = view.status;
	from.body = buf_str(&body);
	from.body_len = body.len;
	shared = reuse_end(e, &from, 0, &how);
	e->reuse->shared += shared;
	if (shared)
		reuse_note(e->reuse, (struct reuse_recent){.item = with, .sharer = sharer});
	buf_free(&body);
	buf_free(&id);
	return shared;
}

bool reuse_take_same(struct engine *e)
{
	struct reuse *r = e->reuse;
	uint32_t i = e->prepared.item, first = same_first(&r->same, &r->keys.whole, i);

	if (first == i)
		return false;
	if (is_under_way(items_at(&e->items, first))) {
		follow(e, first, i);
		return true;
	}
	if (share(e, first))
		return true;
	same_put(&r->same, &r->keys.whole, i);
	return false;
}

void engine_share_no_earlier(struct engine *e)
{
	if (!e->reuse)
		return;
	e->reuse->no_earlier = true;
	same_free(&e->reuse->same); /* nothing was sent yet: it holds earlier ones only */
}

void reuse_learn(struct engine *e, uint32_t i)
{
	struct request_keys keys;

	if (!e->reuse || !e->reuse->dedupe || e->reuse->no_earlier || !engine_look(e, i))
		return;
	reuse_make_keys(e, &e->look.line, items_at(&e->items, i)->line, &keys);
	if (keys.there)
		same_first(&e->reuse->same, &keys.whole, i);
}

uint64_t reuse_followers(const struct engine *e)
{
	return e->reuse ? e->reuse->followers : 0;
}

bool reuse_wants_turn(const struct engine *e)
{
	if (!e->reuse || e->disk_full)
		return false;
	return e->stages ? e->stages->n_unwritten > 0
			 : e->reuse->followers && (e->results.len || e->finals.len);
}
