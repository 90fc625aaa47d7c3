#include "core/edits.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "core/engine_internal.h"

void edits_free(struct edits *t)
{
	for (size_t i = 0; i < t->n; i++)
		buf_free(&t->at[i].body);
	free(t->at);
	*t = (struct edits){.n = 0};
}

static struct edit *find(const struct edits *t, uint32_t item)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->at[i].item == item)
			return &t->at[i];
	return NULL;
}

bool edits_has(const struct edits *t, uint32_t item)
{
	return t->n && find(t, item);
}

void edits_apply(const struct edits *t, uint32_t item, struct request_line *line, struct buf *body)
{
	const struct edit *edit = t->n ? find(t, item) : NULL;
	struct request_line edited;

	if (!edit)
		return;
	buf_clear(body);
	buf_add(body, edit->body.data, edit->body.len);
	if (!request_parse(body->data, body->len, FORMAT_WHOLE, &edited, NULL))
		return; /* it was checked */
	line->body = edited.body;
	line->model = edited.model;
	line->max_tokens = edited.max_tokens;
	line->streams = edited.streams;
	line->prompt_bytes = edited.prompt_bytes;
}

static void keep(struct edits *t, uint32_t item, struct json_span body)
{
	struct edit *edit = find(t, item);

	if (!edit) {
		t->at = xrealloc(t->at, t->n + 1, sizeof(*t->at));
		edit = &t->at[t->n++];
		edit->item = item;
		buf_init(&edit->body, EDITS_BYTES);
	}
	t->bytes -= edit->body.len;
	buf_clear(&edit->body);
	json_add_one_line(&edit->body, body);
	t->bytes += edit->body.len;
}

/* It may be the next to be sent, with the line's own body. */
static void take_back_prepared(struct engine *e, uint32_t item)
{
	for (int i = 0; i < e->sources.n_queues; i++) {
		struct queue *q = e->sources.queue[i];

		if (q->prepared.there && q->prepared.item == item)
			queue_put_back(q);
	}
}

static void journal_edit(struct engine *e, const struct item *item, const struct edit *edit)
{
	struct json_writer w = json_writer_to(&e->recorder.scratch);

	buf_clear(&e->recorder.scratch);
	json_member_string(&w, "id", buf_str(&e->item_read.id), e->item_read.id.len);
	json_member_int(&w, "line", item->line);
	json_key(&w, "body");
	json_put_raw(&w, edit->body.data, edit->body.len);
	journal_event(e, JOURNAL_EDITED, &e->recorder.scratch);
}

static const char *why_not(struct engine *e, const struct item *item, const char *body, size_t len)
{
	struct request_line line;

	if (!e->sources.tasks_are_items)
		return "is a row of a pipeline: the stages make its requests";
	if (e->config.per_request > 1)
		return "shares its request with others";
	if (item->state == ITEM_IN_FLIGHT)
		return "is in flight: cancel it first";
	if (e->edits.n >= EDITS_MOST || e->edits.bytes + len > EDITS_BYTES)
		return "exceeds the limit of edited requests";
	if (!request_parse(body, len, FORMAT_WHOLE, &line, NULL))
		return "needs a JSON object as its body";
	return item->state == ITEM_QUEUED ? NULL : engine_act_refused(ACTION_RETRY, item, 0);
}

const char *engine_resend(struct engine *e, uint32_t i, const char *body, size_t len)
{
	const struct item *item = items_at(&e->items, i);
	const struct json_span span = json_trim(body, len);
	const char *why = why_not(e, item, body, len);

	if (!why && !engine_read_item(e, i))
		why = "has a changed or invalid input line";
	if (why)
		return why;
	take_back_prepared(e, i);
	if (item->state != ITEM_QUEUED)
		why = engine_act(e, ACTION_RETRY, i, true);
	if (why)
		return why;
	keep(&e->edits, i, span);
	engine_read_item(e, i);
	journal_edit(e, item, find(&e->edits, i));
	return NULL;
}
