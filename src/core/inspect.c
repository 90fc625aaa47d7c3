/* What is known of an item beyond its 40 bytes: its input line read again, the record of its end.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "core/engine_internal.h"
#include "ledger/result_view.h"
#include "ledger/read_back.h"

/* Memory that looking keeps from item to item. */
enum { KEEP_LOOK_BYTES = 1 << 20 };

void engine_bad_line_id(
	const struct engine *e, const char *text, size_t len, uint64_t number, struct buf *id)
{
	const struct template *t = e->config.template;
	struct request_line line = {0};
	struct json_want want[] = {{.name = "custom_id"}};

	buf_clear(id);
	if (text && t && template_row_id(t, text, len, id))
		return;
	if (text && json_pick(text, len, want, 1, NULL) == JSON_VALUE_OBJECT &&
		json_span_is(want[0].value, JSON_VALUE_STRING) &&
		want[0].value.len <= REQUEST_MAX_ID)
		line.custom_id = want[0].value;
	buf_clear(id);
	request_id(&line, number, id);
}

bool engine_look(struct engine *e, uint32_t i)
{
	const struct item *item = items_at(&e->items, i);
	struct look *look = &e->look;
	bool fetched;

	buf_trim(&look->text, KEEP_LOOK_BYTES);
	buf_trim(&look->made, KEEP_LOOK_BYTES);
	buf_trim(&look->id, KEEP_LOOK_BYTES);
	look->line = (struct request_line){0};
	fetched = e->ops.fetch(e->ctx, item->offset, item->length, &look->text, NULL);
	look->edited =
		fetched && item_line_mark(look->text.data, look->text.len) != item->line_mark;
	fetched = fetched && !look->edited;
	if (fetched && template_request(e->config.template, e->config.format, look->text.data,
			       look->text.len, &look->made, &look->line, NULL))
		return request_id(&look->line, item->line, &look->id);
	look->line = (struct request_line){0};
	if (!fetched)
		buf_clear(&look->text);
	engine_bad_line_id(
		e, fetched ? look->text.data : NULL, look->text.len, item->line, &look->id);
	return false;
}

bool engine_item_id(struct engine *e, uint32_t i, struct buf *id)
{
	engine_look(e, i);
	buf_clear(id);
	if (e->look.edited)
		engine_line_edited(e, i);
	return buf_add(id, e->look.id.data, e->look.id.len);
}

void engine_look_model(const struct look *look, char *out, size_t size)
{
	out[0] = '\0';
	if (look->line.model.len > 2)
		text_sanitise(out, size, look->line.model.at + 1, look->line.model.len - 2);
}

bool engine_look_final(struct engine *e, uint32_t i, int64_t *wall_us)
{
	const struct item *item = items_at(&e->items, i);
	uint64_t offset;

	buf_trim(&e->look.record, KEEP_LOOK_BYTES);
	return (item->state == ITEM_FAILED || item->state == ITEM_CANCELLED) &&
	       item_place(item, &offset) &&
	       ledger_read_final(e->ledger, offset, &e->look.record, wall_us);
}

void engine_look_error(struct engine *e, uint32_t i, struct verdict *v)
{
	const struct error_group *group =
		error_groups_at(&e->groups, items_at(&e->items, i)->group);
	struct result_view view;

	v->message[0] = v->code[0] = '\0';
	if (engine_look_final(e, i, NULL) &&
		result_view_parse(e->look.record.data, e->look.record.len, &view)) {
		result_view_judge(&view, v);
	} else if (items_at(&e->items, i)->state == ITEM_CANCELLED) {
		snprintf(v->message, sizeof(v->message), "%s", engine_cancelled.message);
	} else if (group) {
		snprintf(v->code, sizeof(v->code), "%s", group->code);
		snprintf(v->message, sizeof(v->message), "%s", group->message);
	}
}

/* Counts an item that failed in an earlier session; what it cost in units of query.h. */
static int64_t regroup(struct engine *e, uint32_t i)
{
	struct item *item = items_at(&e->items, i);
	struct result_view view;
	int64_t wall_us;
	struct verdict v;

	if (item->state != ITEM_FAILED || item->group)
		return 1;
	engine_look(e, i);
	if (engine_look_final(e, i, &wall_us) &&
		result_view_parse(e->look.record.data, e->look.record.len, &view)) {
		result_view_judge(&view, &v);
		v.outcome = item->outcome;
		item->status = (uint16_t)v.status;
		engine_group_failure(e, i, &v, buf_str(&e->look.id), e->look.id.len, wall_us);
		error_groups_final(&e->groups, item->group, 1);
	}
	return 2 * QUERY_COST_READ + item->length / QUERY_COST_BYTES;
}

bool engine_has_to_regroup(const struct engine *e)
{
	return e->input_ended && e->resumed.failed && e->regrouped < e->items.n;
}

void engine_regroup(struct engine *e, int64_t units)
{
	while (engine_has_to_regroup(e) && units > 0)
		units -= regroup(e, e->regrouped++);
}

/* Of the query's reader. */
static bool item_passes(void *ctx, uint32_t i, const struct filter *f)
{
	struct engine *e = ctx;
	struct filter_subject s = {"", "", "", 0, 0, 0};
	char error[sizeof(((struct verdict *)0)->message) + 80];
	struct verdict v;

	if (f->needs & (NEED_ID | NEED_MODEL)) {
		engine_look(e, i);
		s.id = buf_str(&e->look.id);
		s.id_len = e->look.id.len;
		if (e->look.line.model.len > 2) {
			s.model = e->look.line.model.at + 1;
			s.model_len = e->look.line.model.len - 2;
		}
	}
	if (f->needs & NEED_ERROR) {
		engine_look_error(e, i, &v);
		snprintf(error, sizeof(error), "%s %s", v.code, v.message);
		s.error = error;
		s.error_len = strlen(error);
	}
	return filter_texts(f, &s);
}

struct query_reader engine_reader(struct engine *e)
{
	return (struct query_reader){item_passes, e};
}
