#include "past/past_records.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "core/intake.h"
#include "ledger/record.h"

/* A request that the engine takes; the id stands between. */
static const char head[] = "{\"custom_id\":", tail[] = ",\"method\":\"GET\",\"url\":\"/\"}";
enum { HEAD = sizeof(head) - 1, TAIL = sizeof(tail) - 1 };

void past_records_init(struct past_records *r)
{
	*r = (struct past_records){.n = 0};
	buf_init(&r->ids, SIZE_MAX / 2);
}

void past_records_free(struct past_records *r)
{
	free(r->record);
	buf_free(&r->ids);
	*r = (struct past_records){.n = 0};
}

void past_records_add(struct past_records *r, const struct ledger_entry *entry)
{
	struct past_record *record;
	size_t at = r->ids.len;

	if (entry->state == ITEM_QUEUED || entry->line > UINT32_MAX || r->n == UINT32_MAX - 1)
		return;
	if (r->n == r->cap) {
		r->cap = r->cap ? r->cap + r->cap / 2 : 1024;
		r->record = xrealloc(r->record, r->cap, sizeof(*r->record));
	}
	record = &r->record[r->n++];
	*record = (struct past_record){.line = (uint32_t)entry->line, .at = at};
	if (entry->state == ITEM_FAILED && entry->outcome == OUTCOME_BAD_INPUT)
		return;
	json_add_string(&r->ids, entry->id, entry->id_len);
	record->len = (uint32_t)(r->ids.len - at);
}

/* Of one line the record that was read last comes last. Those without a line come behind all. */
static int by_line(const void *a, const void *b)
{
	const struct past_record *x = a, *y = b;

	if (x->line != y->line)
		return x->line - UINT32_C(1) < y->line - UINT32_C(1) ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

bool past_records_fetch(const struct past_records *r, uint64_t at, size_t len, struct buf *out)
{
	size_t id = len - HEAD - TAIL;

	at &= ~PAST_RECORD;
	buf_clear(out);
	if (len < HEAD + TAIL || at > r->ids.len || id > r->ids.len - at)
		return false;
	return buf_add(out, head, HEAD) && buf_add(out, r->ids.data + at, id) &&
	       buf_add(out, tail, TAIL);
}

static void feed_record(
	struct past_records *r, struct engine *e, const struct past_record *record, uint64_t line)
{
	struct buf text;

	if (!record->len) {
		engine_feed(e, NULL, 0, 0, line);
		return;
	}
	buf_init(&text, SIZE_MAX / 2);
	if (past_records_fetch(r, record->at, HEAD + record->len + TAIL, &text))
		engine_feed(e, text.data, text.len, record->at, line);
	buf_free(&text);
}

/* Leaves one record of each line, the last. */
static void keep_last(struct past_records *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		if (i + 1 == r->n || !r->record[i].line ||
			r->record[i].line != r->record[i + 1].line)
			r->record[n++] = r->record[i];
	r->n = n;
}

void past_records_feed(struct past_records *r, struct engine *e, uint64_t total)
{
	uint64_t line = 0, missing;

	if (r->n)
		qsort(r->record, r->n, sizeof(*r->record), by_line);
	keep_last(r);
	missing = total > r->n ? total - r->n : 0;
	for (size_t i = 0; i < r->n; i++) {
		const struct past_record *record = &r->record[i];

		for (; missing && line + 1 < record->line; missing--)
			engine_feed(e, NULL, 0, 0, ++line);
		line = record->line ? record->line : line + 1;
		feed_record(r, e, record, line);
	}
	for (; missing && line < UINT32_MAX; missing--)
		engine_feed(e, NULL, 0, 0, ++line);
	free(r->record);
	r->record = NULL;
	r->n = r->cap = 0;
}

bool past_records_feed_one(
	struct past_records *r, struct engine *e, const struct buf *record, uint64_t line)
{
	struct result_record item;
	uint64_t at = r->ids.len;
	struct buf text;

	if (!result_record_parse(record->data, record->len, &item) || !item.id.at)
		return false;
	buf_init(&text, SIZE_MAX / 2);
	buf_add(&r->ids, item.id.at, item.id.len);
	past_records_fetch(r, at, HEAD + item.id.len + TAIL, &text);
	engine_feed(e, text.data, text.len, at | PAST_RECORD, line);
	buf_free(&text);
	return true;
}
