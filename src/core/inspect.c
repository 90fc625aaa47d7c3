#include "core/inspect.h"

#include <inttypes.h>

#include "core/engine_internal.h"
#include "ledger/result_view.h"
#include "ledger/read_back.h"

/* Memory that a text keeps from item to item. */
enum { KEEP_TEXT_BYTES = 1 << 20 };

void item_text_init(struct item_text *t)
{
	*t = (struct item_text){.edited = false};
	buf_init(&t->text, SOURCE_MAX_LINE);
	buf_init(&t->made, SOURCE_MAX_LINE);
	buf_init(&t->body, SOURCE_MAX_LINE);
	buf_init(&t->id, REQUEST_MAX_ID);
}

void item_text_free(struct item_text *t)
{
	buf_free(&t->text);
	buf_free(&t->made);
	buf_free(&t->body);
	buf_free(&t->id);
}

void engine_bad_line_id(
	const struct engine *e, const char *text, size_t len, uint64_t number, struct buf *id)
{
	const struct rows *rows = e->config.rows;
	struct request_line line = {0};
	struct json_want want[] = {{.name = "custom_id"}};

	buf_clear(id);
	if (text && rows && rows_id(rows, text, len, id))
		return;
	if (text && json_pick(text, len, want, 1, NULL) == JSON_VALUE_OBJECT &&
		json_span_is(want[0].value, JSON_VALUE_STRING) &&
		want[0].value.len <= REQUEST_MAX_ID)
		line.custom_id = want[0].value;
	buf_clear(id);
	request_id(&line, number, id);
}

bool item_text_read(struct item_text *t, const struct engine *e, uint32_t i)
{
	const struct item *item = items_at(&e->items, i);
	bool fetched;

	buf_trim(&t->text, KEEP_TEXT_BYTES);
	buf_trim(&t->made, KEEP_TEXT_BYTES);
	buf_trim(&t->body, KEEP_TEXT_BYTES);
	buf_trim(&t->id, KEEP_TEXT_BYTES);
	t->line = (struct request_line){0};
	fetched = e->ops.fetch(e->ctx, item->offset, item->length, &t->text, NULL);
	t->edited = fetched && item_line_mark(t->text.data, t->text.len) != item->line_mark;
	fetched = fetched && !t->edited;
	if (fetched && rows_request(e->config.rows, e->config.format, t->text.data, t->text.len,
			       &t->made, &t->line, NULL)) {
		edits_apply(&e->edits, i, &t->line, &t->body);
		return request_id(&t->line, item->line, &t->id);
	}
	t->line = (struct request_line){0};
	if (!fetched)
		buf_clear(&t->text);
	engine_bad_line_id(e, fetched ? t->text.data : NULL, t->text.len, item->line, &t->id);
	return false;
}

bool engine_read_item(struct engine *e, uint32_t i)
{
	return item_text_read(&e->item_read, e, i);
}

bool engine_item_id(struct engine *e, uint32_t i, struct buf *id)
{
	engine_read_item(e, i);
	buf_clear(id);
	if (e->item_read.edited)
		engine_line_edited(e, i);
	return buf_add(id, e->item_read.id.data, e->item_read.id.len);
}

bool engine_final_record(const struct engine *e, uint32_t i, struct buf *record, int64_t *wall_us)
{
	const struct item *item = items_at(&e->items, i);
	uint64_t offset;

	return (item->state == ITEM_FAILED || item->state == ITEM_CANCELLED) &&
	       item_place(item, &offset) &&
	       ledger_read_final(e->recorder.ledger, offset, record, wall_us);
}

/* Counts the item in the group of its failure. A run that is only looked at has counted the
 * attempts of the journal, whose records have no code. */
static void group_item(struct engine *e, struct item *item, struct verdict *v, int64_t wall_us)
{
	struct error_groups *groups = &e->observer.groups;
	struct buf *id = &e->item_read.id;
	const struct error_seen seen = {.outcome = v->outcome,
		.status = v->status,
		.code = "",
		.message = v->message,
		.id = buf_str(id),
		.id_len = id->len};

	if (e->config.looks_only && item->attempts && ledger_has_journal(e->recorder.ledger)) {
		item->group = error_groups_of(groups, &seen, wall_us);
		error_groups_items(groups, item->group, 1);
	} else {
		observer_group(&e->observer, item, v,
			&(struct error_where){.id = seen.id, .id_len = seen.id_len}, wall_us);
	}
	error_groups_final(groups, item->group, 1);
}

/* Counts an item that failed in an earlier session. Returns the cost, as item_read_cost(). */
static int64_t regroup(struct engine *e, uint32_t i, struct buf *record)
{
	struct item *item = items_at(&e->items, i);
	struct result_view view;
	int64_t wall_us;
	struct verdict v;

	if (item->state != ITEM_FAILED || item->group)
		return 1;
	engine_read_item(e, i);
	if (engine_final_record(e, i, record, &wall_us) &&
		result_view_parse(record->data, record->len, &view)) {
		result_view_judge(&view, &v);
		v.outcome = item->outcome;
		item->status = (uint16_t)v.status;
		group_item(e, item, &v, wall_us);
	}
	return 2 * item_read_cost(item);
}

bool engine_has_to_regroup(const struct engine *e)
{
	return e->intake.input_ended && e->intake.resumed.failed &&
	       e->observer.regrouped < e->items.n;
}

void engine_regroup(struct engine *e, int64_t cost)
{
	struct buf record;

	buf_init(&record, SIZE_MAX / 2);
	while (engine_has_to_regroup(e) && cost > 0)
		cost -= regroup(e, e->observer.regrouped++, &record);
	buf_free(&record);
}

/* ---- the line again ---- */

void engine_line_edited(struct engine *e, uint32_t i)
{
	struct error err;

	if (e->life.failed)
		return;
	e->life.failed = true;
	error_set(&err,
		"line %" PRIu32
		" of %s has changed: the input was edited in place during the run; check it, then "
		"run the same command to resume",
		items_at(&e->items, i)->line, e->run_name);
	events_add(&e->observer.events, e->wall_us, EVENT_ERROR, "%s", err.text);
	if (e->life.mode != MODE_STOPPING)
		engine_stop(e, MODE_DRAINING, err.text);
}

bool engine_line_fetch(struct engine *e, uint32_t i, struct buf *out)
{
	const struct item *item = items_at(&e->items, i);
	struct error err = {""};

	if (!e->ops.fetch(e->ctx, item->offset, item->length, out, &err)) {
		engine_abort(e, err.text, e->wall_us);
		return false;
	}
	if (item_line_mark(out->data, out->len) == item->line_mark)
		return true;
	buf_clear(out);
	engine_line_edited(e, i);
	return false;
}
