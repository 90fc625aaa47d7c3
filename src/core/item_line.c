/* An item's line read again: it must be the one that was counted. Ids, results and resume go by
 * what stood there then; whoever edits the input in place while the run reads it would have other
 * requests sent under its numbers, or some twice and some never. */
#include <inttypes.h>

#include "core/engine_internal.h"

void engine_line_edited(struct engine *e, uint32_t i)
{
	struct error err;

	if (e->failed)
		return;
	e->failed = true;
	error_set(&err,
		"line %" PRIu32
		" of %s is not the line that was counted: the input was edited in place during the "
		"run; check it, then run the same command to resume",
		items_at(&e->items, i)->line, e->run_name);
	events_add(&e->events, e->wall_us, EVENT_ERROR, "%s", err.text);
	if (e->mode != MODE_STOPPING)
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
