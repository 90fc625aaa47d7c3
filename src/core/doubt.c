/* Answers that may be those of other requests, and requests that were sent more than once. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "ledger/record.h"
#include "ledger/read_back.h"
#include "core/attempt.h"
#include "core/doubt.h"
#include "core/engine_internal.h"

enum { NAMED_MOST = 3 /* in the event log; the journal has all */ };

void doubts_init(struct doubts *d)
{
	*d = (struct doubts){.items = 0};
	idmap_init(&d->resent);
}

void doubts_free(struct doubts *d)
{
	idmap_free(&d->resent);
	free(d->redo);
}

/* ---- requests that left again ---- */

/* How often connections sent the item's requests again. */
static uint32_t resent_of(const struct engine *e, uint32_t item)
{
	uint32_t n = 0;

	if (e->doubts.resent.count)
		idmap_get(&e->doubts.resent, (uint64_t)item + 1, &n);
	return n;
}

size_t engine_attempt_names(
	const struct engine *e, const struct attempt *a, struct answer_name *out, size_t max)
{
	size_t n = 0;

	for (; a && n < max; a = a->next_member)
		out[n++] = (struct answer_name){.item = a->item,
			.attempt = attempt_task(a)->attempts - resent_of(e, a->item)};
	return n;
}

bool engine_attempt_is_redo(const struct engine *e, const struct attempt *a)
{
	for (; a; a = a->next_member)
		if (items_at(&e->items, a->item)->redone)
			return true;
	return false;
}

/* A single dead connection fails no item, whatever the attempts it may have. */
unsigned engine_attempt_resends(const struct engine *e, const struct attempt *a)
{
	int own = a->task.queue->max_attempts, spent = attempt_task(a)->real_attempts;
	int most = own ? own : e->config.max_attempts;

	if (!spent && most < 2)
		return 1;
	return most > spent + 1 ? (unsigned)(most - spent - 1) : 0;
}

static void count_attempts(struct item *item, unsigned more)
{
	unsigned n = item->attempts + more;

	item->attempts = (uint16_t)(n < UINT16_MAX ? n : UINT16_MAX);
}

void doubt_count_resent(struct engine *e, const struct attempt *a, const struct answer *answer)
{
	struct buf *b = &e->recorder.scratch;

	buf_clear(b);
	buf_adds(b, "\"id\":");
	json_add_string(b, a->id.data, a->id.len);
	buf_addf(b, ",\"line\":%" PRIu32 ",\"times\":%u,\"charged\":%u",
		items_at(&e->items, a->item)->line, answer->resent, answer->resent_charged);
	journal_event(e, JOURNAL_RESENT, b);
	events_add(&e->observer.events, e->wall_us, EVENT_INFO,
		"%.*s sent again: its connection ended without an answer",
		(int)(a->id.len < 40 ? a->id.len : 40), buf_str((struct buf *)&a->id));
	stats_resent(&e->observer.stats, answer->resent);
	tally_resent(&a->lane->tally, answer->resent);
	for (; a; a = a->next_member) {
		struct item *task = attempt_task(a), *item = items_at(&e->items, a->item);
		unsigned real = task->real_attempts + answer->resent_charged;

		task->real_attempts = (uint8_t)(real < UINT8_MAX ? real : UINT8_MAX);
		count_attempts(task, answer->resent);
		if (item == task)
			idmap_put(&e->doubts.resent, (uint64_t)a->item + 1,
				resent_of(e, a->item) + answer->resent);
		else
			count_attempts(item, answer->resent);
	}
}

/* ---- answers in doubt ---- */

/* Did the item end with that answer? A failed one was followed by another attempt, or will be. */
static bool ended_with(const struct engine *e, const struct answer_name *name)
{
	const struct item *item = items_at(&e->items, name->item);

	/* a redone item had a connection of its own, which carried no other answer */
	if (item->redone)
		return false;
	if (!e->sources.tasks_are_items)
		return true;
	return (item->ending || item->state == ITEM_OK || item->state == ITEM_FAILED) &&
	       item->attempts - resent_of(e, name->item) == name->attempt;
}

static void add_redo(struct engine *e, uint32_t i)
{
	if (e->doubts.n_redo == e->doubts.cap_redo) {
		e->doubts.cap_redo = e->doubts.cap_redo ? e->doubts.cap_redo * 2 : 64;
		e->doubts.redo =
			xrealloc(e->doubts.redo, e->doubts.cap_redo, sizeof(*e->doubts.redo));
	}
	e->doubts.redo[e->doubts.n_redo++] = i;
}

static void mark_doubted(struct engine *e, uint32_t i)
{
	struct item *item = items_at(&e->items, i);

	e->doubts.items += !item->doubted;
	item->doubted = true;
	if (e->config.retry_doubtful && !item->redone)
		add_redo(e, i);
}

static bool contains(const uint32_t *items, size_t n, uint32_t item)
{
	for (size_t i = 0; i < n; i++)
		if (items[i] == item)
			return true;
	return false;
}

/* Adds the items that share an answer of these: it is in doubt for all of them. */
static size_t add_sharers(struct engine *e, uint32_t **items, size_t len, size_t cap)
{
	for (size_t i = 0; i < len; i++) {
		uint32_t sharer;

		for (size_t k = 0;
			(sharer = work_doubted(e->sources.work, (*items)[i], k)) != ITEM_NONE;
			k++) {
			if (contains(*items, len, sharer))
				continue;
			if (len == cap)
				*items = xrealloc(*items, cap *= 2, sizeof(**items));
			(*items)[len++] = sharer;
		}
	}
	return len;
}

/* The items that ended with such an answer. When it is the first one only, nothing is in doubt. */
static size_t items_of(
	struct engine *e, const struct answer_name *names, size_t n, bool cut, uint32_t **items)
{
	size_t len = 0;

	*items = xmalloc((n + 1) * sizeof(**items));
	for (size_t i = 0; i < n; i++)
		if (ended_with(e, &names[i]) && !contains(*items, len, names[i].item))
			(*items)[len++] = names[i].item;
	if (len == 1 && !cut && (*items)[0] == names[0].item)
		return 0;
	return add_sharers(e, items, len, n + 1);
}

static bool id_of_record(struct engine *e, const struct item *item, struct buf *id)
{
	struct result_record record;
	uint64_t offset;
	struct buf line, text;
	const char *at;
	size_t len;
	bool found;

	buf_init(&line, SIZE_MAX / 2);
	buf_init(&text, SIZE_MAX / 2);
	found = item_place(item, &offset) &&
		(item->state == ITEM_OK
				? ledger_read_result(e->recorder.ledger, offset, &line)
				: ledger_read_final(e->recorder.ledger, offset, &line, NULL)) &&
		result_record_parse(line.data, line.len, &record);
	if (found) {
		record_id_text(record.id, &text, &at, &len);
		buf_clear(id);
		buf_add(id, at, len);
	}
	buf_free(&line);
	buf_free(&text);
	return found;
}

/* The item's id, in e->item_read; of a line that was edited since, the one it ended with. */
static void read_ended_id(struct engine *e, uint32_t i)
{
	engine_read_item(e, i);
	if (!e->item_read.edited)
		return;
	engine_line_edited(e, i);
	id_of_record(e, items_at(&e->items, i), &e->item_read.id);
}

static void record_doubt(struct engine *e, const uint32_t *items, size_t n, bool cut)
{
	char some[NAMED_MOST * 48] = "", safe[44];
	struct buf *b = &e->recorder.scratch;

	buf_clear(b);
	buf_adds(b, "\"ids\":[");
	for (size_t i = 0; i < n; i++) {
		read_ended_id(e, items[i]);
		buf_adds(b, i ? "," : "");
		json_add_string(b, buf_str(&e->item_read.id), e->item_read.id.len);
		text_sanitise(safe, sizeof(safe), buf_str(&e->item_read.id), e->item_read.id.len);
		if (i < NAMED_MOST)
			snprintf(some + strlen(some), sizeof(some) - strlen(some), "%s%s",
				i ? ", " : "", safe);
		mark_doubted(e, items[i]);
	}
	buf_addf(b, "]%s", cut ? ",\"cut\":true" : "");
	journal_event(e, JOURNAL_DOUBT, b);
	events_add(&e->observer.events, e->wall_us, EVENT_WARNING,
		"%zu answers in doubt: a connection carried more answers than requests: %s%s", n,
		some, n > NAMED_MOST ? ", ..." : "");
}

void engine_doubted(struct engine *e, const struct answer_name *names, size_t n, bool cut,
	int64_t now_us, int64_t wall_us)
{
	uint32_t *items;

	e->now_us = now_us;
	e->wall_us = wall_us;
	n = items_of(e, names, n, cut, &items);
	if (n)
		record_doubt(e, items, n, cut);
	free(items);
}

void doubt_restore(struct engine *e, uint32_t i)
{
	if (!ledger_any_doubt(e->recorder.ledger))
		return;
	engine_read_item(e, i);
	if (ledger_doubt_of(e->recorder.ledger, buf_str(&e->item_read.id), e->item_read.id.len) !=
		DOUBT_REPORTED)
		return;
	mark_doubted(e, i);
	work_restored(e->sources.work, i, true);
}

void doubt_mark_redone(struct engine *e, uint32_t i, const char *id, size_t len)
{
	enum doubt_state doubt = ledger_doubt_of(e->recorder.ledger, id, len);

	if (doubt == DOUBT_NONE)
		return;
	items_at(&e->items, i)->redone = true;
	if (doubt == DOUBT_REPORTED)
		recorder_requeued(&e->recorder, e->wall_us, id, len);
	work_restored(e->sources.work, i, true);
}

/* ---- asked again ---- */

/* Journals that the old result line is void, and lets the sources forget it. */
static bool void_result(struct engine *e, uint32_t i)
{
	struct item *item = items_at(&e->items, i);
	uint64_t offset;

	if (!item_place(item, &offset))
		return false;
	read_ended_id(e, i);
	if (e->life.failed)
		return false;
	if (!ledger_add_void(e->recorder.ledger, e->wall_us, buf_str(&e->item_read.id),
		    e->item_read.id.len, offset))
		return false;
	e->recorder.journal_added++;
	work_verb(e->sources.work, i, WORK_REDO);
	return true;
}

static void redo_ok(struct engine *e, uint32_t i)
{
	struct item *item = items_at(&e->items, i);

	if (!void_result(e, i))
		return;
	item->redone = true;
	item->placed = false;
	item->real_attempts = item->rate_attempts = item->missed = 0;
	queue_ready(e->sources.entry, i, true);
}

/* Queues the item again if it has ended. True: it has not; try again later. */
static bool redo(struct engine *e, uint32_t i)
{
	struct item *item = items_at(&e->items, i);

	if (item->redone)
		return false;
	if (item->ending)
		return true;
	switch ((enum item_state)item->state) {
	case ITEM_OK:
		redo_ok(e, i);
		return false;
	case ITEM_FAILED:
		item->redone = true;
		engine_act(e, ACTION_RETRY, i, true);
		return false;
	case ITEM_QUEUED:
	case ITEM_WAITING:
	case ITEM_IN_FLIGHT:
	case ITEM_HELD:
		/* one request: the item did not use the doubtful answer; several: it may use it */
		return !e->sources.tasks_are_items;
	case ITEM_CANCELLED:
	case ITEM_STATE_COUNT:
		break;
	}
	return false;
}

void doubt_redo(struct engine *e)
{
	size_t kept = 0, n = e->doubts.n_redo;

	if (e->life.mode != MODE_RUNNING)
		return;
	for (size_t i = 0; i < n; i++) {
		uint32_t item = e->doubts.redo[i];

		if (redo(e, item))
			e->doubts.redo[kept++] = item;
	}
	e->doubts.n_redo = kept;
}
