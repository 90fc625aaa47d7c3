/* The known state of an item, for lists, filters and the inspector. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "control/control_impl.h"
#include "ledger/read_back.h"
#include "ledger/result_view.h"

/* Memory that a record keeps from item to item. */
enum { KEEP_RECORD_BYTES = 1 << 20 };

void control_item_model(const struct control *c, char *out, size_t size)
{
	const struct json_span *model = &c->text.line.model;

	out[0] = '\0';
	if (model->len > 2)
		text_sanitise(out, size, model->at + 1, model->len - 2);
}

bool control_item_end(struct control *c, uint32_t i, int64_t *wall_us)
{
	buf_trim(&c->record, KEEP_RECORD_BYTES);
	return engine_final_record(c->engine, i, &c->record, wall_us);
}

bool control_item_record(struct control *c, uint32_t i)
{
	const struct engine *e = c->engine;
	const struct item *item = items_at(&e->items, i);
	uint64_t place;

	if (item->state != ITEM_OK)
		return control_item_end(c, i, NULL);
	buf_trim(&c->record, KEEP_RECORD_BYTES);
	return item_place(item, &place) &&
	       ledger_read_result(e->recorder.ledger, place, &c->record);
}

void control_item_error(struct control *c, uint32_t i, struct verdict *v)
{
	const struct engine *e = c->engine;
	const struct item *item = items_at(&e->items, i);
	const struct error_group *group = error_groups_at(&e->observer.groups, item->group);
	struct result_view view;

	v->message[0] = v->code[0] = '\0';
	if (control_item_end(c, i, NULL) &&
		result_view_parse(c->record.data, c->record.len, &view)) {
		result_view_judge(&view, v);
	} else if (item->state == ITEM_CANCELLED) {
		snprintf(v->message, sizeof(v->message), "%s", engine_cancelled.message);
	} else if (group) {
		snprintf(v->code, sizeof(v->code), "%s", group->code);
		snprintf(v->message, sizeof(v->message), "%s", group->message);
	}
}
