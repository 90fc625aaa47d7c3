/* Makes items of input lines, and restores the items that earlier sessions ended. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/text.h"
#include "core/doubt.h"
#include "core/engine_internal.h"
#include "ledger/result_line.h"

enum { WANTED_READY = 1024, RESERVE_MAX = 12 << 20 };

/* The line that is being fed. */
struct fed {
	const char *text; /* NULL: it is too long */
	size_t len;
	uint32_t mark;       /* item_line_mark() */
	struct hash128 hash; /* line_hash_of(), once it is known */
};

void intake_init(struct intake *in)
{
	*in = (struct intake){.bytes_total = -1};
	idmap_init(&in->by_id);
	buf_init(&in->made, SOURCE_MAX_LINE);
	parsed_lines_init(&in->parsed);
}

void intake_free(struct intake *in)
{
	idmap_free(&in->by_id);
	ended_free(&in->ended);
	buf_free(&in->made);
	parsed_lines_free(&in->parsed);
}

/* What an earlier session ended under this key, unless its line was read. */
static struct idmap_slot *ended_slot(const struct intake *in, uint64_t key)
{
	struct idmap_slot *slot = idmap_find(&in->by_id, key);

	return slot && ended_is(&in->ended, slot->value) ? slot : NULL;
}

bool intake_ended_ok(struct intake *in, uint64_t key)
{
	const struct idmap_slot *slot;

	ended_settle(&in->ended, &in->by_id);
	slot = ended_slot(in, key);
	return slot && ended_at(&in->ended, slot->value)->state == ITEM_OK;
}

/* ---- replay ---- */

void engine_replay(void *engine, const struct ledger_entry *entry)
{
	struct engine *e = engine;
	uint64_t key = ledger_entry_key(&e->recorder.keys, entry);
	struct ended ended = {
		.offset = entry->state == ITEM_OK ? entry->results_offset : entry->journal_offset,
		.status = (uint16_t)entry->status,
		.attempts = (uint16_t)(entry->attempts < UINT16_MAX ? entry->attempts : UINT16_MAX),
		.line_hash = (uint32_t)entry->line_hash.low,
		.state = (uint8_t)entry->state & 15,
		.made = entry->made & 127,
		.keyed = line_hash_has_key(entry->line_hash),
		.outcome = (uint8_t)entry->outcome & 15};

	/* A budget is for all sessions of a run. If an item of several requests is not ok, the
	 * records of its requests have its cost, and so has its final record: count it once. */
	if (e->sources.tasks_are_items || entry->state == ITEM_OK)
		cost_restore(e, &entry->cost);
	ended_add(&e->intake.ended, &e->intake.by_id, key, &ended);
}

static struct hash128 hash_of(const struct engine *e, struct fed *line)
{
	if (!line_hash_known(line->hash))
		line->hash = line_hash_of(&e->recorder.line_key, line->text, line->len);
	return line->hash;
}

/* Did the item end with this line? */
static bool ended_with_line(const struct engine *e, const struct ended *ended, struct fed *line)
{
	if (!ended->line_hash || !line->text)
		return !ended->line_hash;
	if (!ended->keyed)
		return ended->line_hash == line->mark;
	return ended->line_hash == (uint32_t)hash_of(e, line).low;
}

/* Leaves the item as the earlier session ended it. */
static void restore(struct engine *e, uint32_t i, const struct ended *ended)
{
	struct item *item = items_at(&e->items, i);

	item->outcome = ended->outcome;
	item->attempts = ended->attempts;
	item->status = ended->status;
	item_set_place(item, ended->offset);
	items_set_state(&e->items, i, ended->state);
	e->intake.resumed_asked += ended->attempts && ended->state != ITEM_CANCELLED;
	doubt_restore(e, i);
	if (ended->state == ITEM_OK) {
		e->intake.resumed.ok++;
		return;
	}
	recorder_known(&e->recorder, i, ended->offset);
	++*(ended->state == ITEM_FAILED ? &e->intake.resumed.failed : &e->intake.resumed.cancelled);
}

/* ---- lines ---- */

static void note_refused(struct intake *in, const char *why)
{
	if (!in->refused++)
		snprintf(in->why_refused, sizeof(in->why_refused), "%s", why);
}

static void refuse(struct engine *e, uint32_t i, struct fed *line, const char *id, size_t id_len,
	const char *why)
{
	struct item *item = items_at(&e->items, i);
	struct idmap_slot *slot =
		ended_slot(&e->intake, record_bad_line_key(&e->recorder.keys, item->line));
	struct ended ended = {.state = ITEM_QUEUED};
	struct verdict v = {
		.outcome = OUTCOME_BAD_INPUT, .wait_us = -1, .tokens_in = -1, .tokens_out = -1};
	struct result_item result = {.id = id, .id_len = id_len, .line = item->line};

	if (line->text)
		result.line_hash = hash_of(e, line);
	if (slot)
		ended = ended_take(&e->intake.ended, slot, i);
	if (e->config.looks_only) {
		if (ended.state != ITEM_QUEUED)
			restore(e, i, &ended);
		return;
	}
	snprintf(v.message, sizeof(v.message), "line %" PRIu32 ": %s", item->line, why);
	note_refused(&e->intake, v.message);
	if (ended.state != ITEM_QUEUED && ended_with_line(e, &ended, line)) {
		restore(e, i, &ended);
		return;
	}
	snprintf(v.code, sizeof(v.code), "%s", outcome_name(v.outcome));
	if (e->items.counts.failed + e->recorder.finals.len < 20)
		events_add(&e->observer.events, e->wall_us, EVENT_WARNING, "%s", v.message);
	record_final(e, i, ITEM_FAILED, &result, NULL, &v);
}

/* Takes the id, and what an earlier session ended under it (ITEM_QUEUED: nothing), unless an
 * earlier line has it: the hash says maybe, that line itself for sure. */
static bool is_duplicate(struct engine *e, uint32_t i, uint64_t hash, const struct buf *id,
	uint32_t *earlier, struct ended *ended)
{
	struct buf other;
	bool same;

	*ended = (struct ended){.state = ITEM_QUEUED};
	if (idmap_add(&e->intake.by_id, hash, i, earlier))
		return false;
	if (ended_is(&e->intake.ended, *earlier)) {
		*ended = ended_take(&e->intake.ended, idmap_find(&e->intake.by_id, hash), i);
		return false;
	}
	buf_init(&other, id->max);
	same = engine_item_id(e, *earlier, &other) && other.len == id->len &&
	       !memcmp(other.data, id->data, id->len);
	buf_free(&other);
	if (!same)
		idmap_put(&e->intake.by_id, hash, i);
	return same;
}

void engine_refuse_input(struct engine *e, const char *why)
{
	e->life.input_refused = true;
	events_add(&e->observer.events, e->wall_us, EVENT_ERROR, "%s", why);
	engine_stop(e, MODE_DRAINING, why);
}

/* The queue for the item. A line that no endpoint takes is a mistake in the line or in the options:
 * it refuses the run. */
static struct queue *queue_for(
	struct engine *e, const struct item *item, const struct request_line *line)
{
	struct error err = {""};
	struct queue *q = sources_queue_for(&e->sources, &e->routes, e->sources.entry, line, &err);
	char why[sizeof(err.text) + 24];

	e->intake.bound = e->intake.bound || line->endpoint.at;
	if (q)
		return q;
	if (!e->life.input_refused) {
		snprintf(why, sizeof(why), "line %" PRIu32 ": %s", item->line, err.text);
		engine_refuse_input(e, why);
	}
	return e->sources.entry;
}

/* By how much the operator changed the priority in earlier sessions. Earlier releases marked items
 * by a hash without a key. */
static int priority_change_of(struct engine *e, const struct item *item, const char *id, size_t len)
{
	struct priority_changes *b = ledger_priority_changes(e->recorder.ledger);

	return b->n ? priority_changes_of(
			      b, item->line, item->id_mark, (uint32_t)hash_bytes(id, len))
		    : 0;
}

/* The priority of the line, as the operator changed it in earlier sessions. */
static int8_t priority_of(struct engine *e, const struct item *item,
	const struct request_line *line, const struct buf *id)
{
	int priority = line->priority + priority_change_of(e, item, id->data, id->len);

	if (priority > -SCHEDULER_LOWEST)
		return -SCHEDULER_LOWEST;
	return (int8_t)(priority < SCHEDULER_LOWEST ? SCHEDULER_LOWEST : priority);
}

/* Is the ended item queued again? Then its end is taken back. */
static bool take_back(
	struct engine *e, const struct ended *ended, const struct buf *id, struct fed *text)
{
	if (changed_redo(e, ended, !ended_with_line(e, ended, text)))
		return changed_take_back(e, ended, id);
	if (ended->state == ITEM_OK || !e->config.retry_failed)
		return false;
	recorder_requeued(&e->recorder, e->wall_us, id->data, id->len);
	return true;
}

/* Restores the item, if the run keeps what other lines or settings made. */
static void restore_checked(struct engine *e, uint32_t i, const struct ended *ended,
	const struct buf *id, struct fed *text)
{
	bool same = ended_with_line(e, ended, text);
	char why[CHANGED_WHY];

	e->changed.kept += !same;
	if (!e->life.input_refused &&
		changed_refuses(e, items_at(&e->items, i)->line, ended, id, !same, why))
		engine_refuse_input(e, why);
	restore(e, i, ended);
	if (ended->state == ITEM_OK && ended->line_hash && same && !changed_settings(e, ended))
		work_restored(e->sources.work, i, false);
}

static void feed_request(
	struct engine *e, uint32_t i, struct fed *text, const struct request_line *line)
{
	struct item *item = items_at(&e->items, i);
	struct buf *id = &e->recorder.scratch;
	struct ended ended;
	uint32_t earlier;
	uint64_t key;
	char why[96];

	buf_clear(id);
	request_id(line, item->line, id);
	key = record_id_key(&e->recorder.keys, id->data, id->len);
	item->id_mark = (uint32_t)key;
	item->priority = priority_of(e, item, line, id);
	if (is_duplicate(e, i, key, id, &earlier, &ended)) {
		snprintf(why, sizeof(why), "duplicate custom_id, first seen on line %" PRIu32,
			items_at(&e->items, earlier)->line);
		refuse(e, i, text, id->data, id->len, why);
		return;
	}
	if (ended.state != ITEM_QUEUED && !take_back(e, &ended, id, text)) {
		restore_checked(e, i, &ended, id, text);
		return;
	}
	if (e->config.looks_only)
		return;
	doubt_mark_redone(e, i, id->data, id->len);
	if (e->sources.tasks_are_items && !e->config.rows)
		parsed_lines_keep(&e->intake.parsed, i, line, text->text);
	scheduler_ready(&queue_for(e, item, line)->scheduler, i, false);
}

/* The line of an ended item is no request now: it was another, or one by the settings of then. Does
 * the item stay as it ended? */
static bool keep_ended(struct engine *e, uint32_t i, const struct ended *ended,
	const struct buf *id, struct fed *line)
{
	if (ended->state == ITEM_QUEUED || take_back(e, ended, id, line))
		return false;
	restore_checked(e, i, ended, id, line);
	return true;
}

/* Fails a line that is not a request, under its custom_id if it has one that no other line has. */
static void refuse_line(struct engine *e, uint32_t i, struct fed *line, const char *why)
{
	struct item *item = items_at(&e->items, i);
	struct buf *id = &e->recorder.scratch;
	struct idmap_slot *slot;
	struct ended ended;
	uint32_t earlier;
	uint64_t key;

	engine_bad_line_id(e, line->text, line->len, item->line, id);
	key = record_id_key(&e->recorder.keys, id->data, id->len);
	item->id_mark = (uint32_t)key;
	slot = ended_slot(&e->intake, key);
	if (slot) {
		ended = ended_take(&e->intake.ended, slot, i);
		if (keep_ended(e, i, &ended, id, line))
			return;
	} else {
		idmap_add(&e->intake.by_id, key, i, &earlier);
	}
	refuse(e, i, line, id->data, id->len, why);
}

/* Finds an id that is the first member of its line and has no escapes. */
static bool plain_id(const char *text, size_t len, const char **id, size_t *id_len)
{
	static const char head[] = "{\"custom_id\":";
	const char *at = text + sizeof(head) - 1, *end = text + len, *close;

	if (len < sizeof(head) || memcmp(text, head, sizeof(head) - 1))
		return false;
	at += *at == ' ';
	if (at == end || *at++ != '"' || !(close = memchr(at, '"', (size_t)(end - at))) ||
		memchr(at, '\\', (size_t)(close - at)))
		return false;
	*id = at;
	*id_len = (size_t)(close - at);
	return true;
}

/* Restores an item whose line has not changed, without parsing the line: a resumed run may have
 * millions of them. False: the line changed, or it must be parsed. */
static bool feed_ended(struct engine *e, uint32_t i, struct fed *line)
{
	struct item *item = items_at(&e->items, i);
	struct idmap_slot *slot;
	struct ended ended;
	const char *id;
	size_t id_len;
	uint64_t key;

	if (!plain_id(line->text, line->len, &id, &id_len))
		return false;
	key = record_id_key(&e->recorder.keys, id, id_len);
	item->id_mark = (uint32_t)key;
	/* The line is hashed while its slot is on its way. */
	idmap_prefetch(&e->intake.by_id, key);
	if (e->intake.ended.keyed)
		hash_of(e, line);
	slot = ended_slot(&e->intake, key);
	if (!slot)
		return false;
	ended = *ended_at(&e->intake.ended, slot->value);
	if (ended.state != ITEM_OK || !ended.line_hash || changed_settings(e, &ended) ||
		!ended_with_line(e, &ended, line))
		return false;
	ended_take(&e->intake.ended, slot, i);
	restore(e, i, &ended);
	priority_change_of(e, item, id, id_len); /* a range may begin here */
	work_restored(e->sources.work, i, false);
	return true;
}

void engine_feed(struct engine *e, const char *text, size_t len, uint64_t offset, uint64_t number)
{
	uint32_t i = items_add(&e->items);
	struct fed fed = {text, len, .mark = text ? item_line_mark(text, len) : 0};
	struct request_line line;
	struct error err = {""};
	struct item *item;

	ended_settle(&e->intake.ended, &e->intake.by_id);
	if (i >= ended_room(&e->intake.ended) || number > UINT32_MAX) {
		engine_abort(e,
			"the input has more lines than a run can hold (2^32 - 1, minus items of "
			"earlier sessions): split it",
			e->wall_us);
		return;
	}
	item = items_at(&e->items, i);
	item->offset = offset;
	item->length = (uint32_t)len;
	item->line = (uint32_t)number;
	item->line_mark = fed.mark;
	if (!text)
		refuse_line(e, i, &fed, "longer than 256 MB, the maximum");
	else if (e->intake.ended.n && feed_ended(e, i, &fed))
		return;
	else if (rows_request(
			 e->config.rows, e->config.format, text, len, &e->intake.made, &line, &err))
		feed_request(e, i, &fed, &line);
	else
		refuse_line(e, i, &fed, err.text);
}

void engine_input_progress(struct engine *e, uint64_t read, int64_t total)
{
	/* The table of ids at once as large as it will be, less a tenth lest it be twice that;
	 * short first lines may promise far too many. */
	if (!e->intake.bytes_read && read && total > 0)
		idmap_reserve(&e->intake.by_id,
			(size_t)fmin(RESERVE_MAX,
				0.9 * (double)e->items.n * (double)total / (double)read));
	e->intake.bytes_read = read;
	e->intake.bytes_total = total;
}

void engine_input_of(struct engine *e, uint64_t of, bool estimated)
{
	e->intake.part.of = of;
	e->intake.part.of_estimated = estimated;
}

/* An item that is not in the part, and failed earlier, stays in the errors file. */
static void keep_final(void *recorder, const struct ended *ended)
{
	if (ended->state == ITEM_FAILED || ended->state == ITEM_CANCELLED)
		recorder_keep(recorder, ended->offset);
}

void engine_input_end(struct engine *e)
{
	e->intake.input_ended = true;
	if (input_part_is(&e->intake.part))
		ended_each(&e->intake.ended, keep_final, &e->recorder);
	ended_free(&e->intake.ended);
	priority_changes_free(ledger_priority_changes(e->recorder.ledger));
}

void engine_input_form(struct engine *e, const char *form)
{
	events_add(&e->observer.events, e->wall_us, EVENT_NOTE, "input: %s", form);
}

void engine_input_failed(struct engine *e, const char *why, int64_t wall_us)
{
	if (e->life.failed)
		return;
	e->life.failed = true;
	events_add(&e->observer.events, wall_us, EVENT_ERROR, "%s", why);
	engine_stop(e, MODE_DRAINING, why);
}

bool engine_wants_input(const struct engine *e)
{
	uint64_t requests = 2 * (uint64_t)routes_concurrency(&e->routes);
	uint64_t want =
		requests * (uint64_t)(e->config.per_request > 1 ? e->config.per_request : 1);

	if (e->intake.input_ended || e->life.mode == MODE_STOPPING)
		return false;
	/* the lanes of other models may have room: lines that ask these may come later */
	if (e->intake.looks_ahead || sources_any_empty(&e->sources))
		return true;
	return e->items.counts.queued - e->sources.waiters <
	       (want > WANTED_READY ? want : WANTED_READY);
}

bool engine_binds(const struct engine *e)
{
	return e->sources.tasks_are_items &&
	       (e->routes.by_model || e->intake.bound || (e->routes.n > 1 && !e->config.rows));
}

uint32_t engine_find(struct engine *e, const char *id, size_t len)
{
	uint32_t i;

	/* the values of ended items whose lines were not read are larger */
	return idmap_get(&e->intake.by_id, record_id_key(&e->recorder.keys, id, len), &i) &&
			       i < e->items.n
		       ? i
		       : ITEM_NONE;
}

/* Lines only grow from item to item. */
uint32_t engine_item_of_line(const struct engine *e, uint64_t line)
{
	uint32_t low = 0, high = e->items.n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (items_at(&e->items, mid)->line < line)
			low = mid + 1;
		else
			high = mid;
	}
	return low < e->items.n && items_at(&e->items, low)->line == line ? low : ITEM_NONE;
}
