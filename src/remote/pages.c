#include "remote/pages.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "carry/tables.h"

enum { ROWS_MAX = 1000 };

/* ---- reading ---- */

/* Each row is its differences to the one before. */
static bool on_row(void *ctx, struct json_span v)
{
	struct page *p = ctx;

	if (p->n == ROWS_MAX)
		return false;
	p->row = xrealloc(p->row, p->n + 1, sizeof(*p->row));
	if (p->n)
		p->row[p->n] = p->row[p->n - 1];
	else
		memset(&p->row[0], 0, sizeof(*p->row));
	carry_read(v, carry_item_row_fields, &p->row[p->n++]);
	return true;
}

static void *read_page(struct json_span v)
{
	enum { OFFSET, PLACE, INFO, ROWS, MEMBERS };
	struct json_want want[MEMBERS] = {
		{.name = "offset"}, {.name = "place"}, {.name = "info"}, {.name = "rows"}};
	struct page *p = xcalloc(1, sizeof(*p));
	int64_t n;

	json_pick(v.at, v.len, want, MEMBERS, NULL);
	if (json_span_int(want[OFFSET].value, &n) && n >= 0)
		p->offset = (uint64_t)n;
	p->located = want[PLACE].value.at != NULL;
	p->has_place = json_span_int(want[PLACE].value, &n) && n >= 0;
	p->place = p->has_place ? (uint64_t)n : 0;
	carry_read(want[INFO].value, carry_rows_info_fields, &p->info);
	json_each_element(want[ROWS].value, on_row, p);
	return p;
}

static void free_page(void *value)
{
	struct page *p = value;

	free(p->row);
	free(p);
}

const struct fetch_kind page_kind = {read_page, free_page};

/* ---- paths ---- */

void page_list_path(struct buf *out, const struct item_query *q)
{
	buf_adds(out, "/v1/watch/rows?");
	if (q == QUERY_ACTIVE) {
		buf_adds(out, "active=1&");
		return;
	}
	buf_addf(out, "sort=%s&descending=%d&facts=%d&filter=", item_field(q->sort)->name,
		q->descending, q->facts);
	link_add_text(out, q->filter);
	buf_addc(out, '&');
}

void page_path(struct buf *out, const char *list, uint64_t offset, size_t n, uint64_t at)
{
	buf_addf(out, "%soffset=%" PRIu64 "&limit=%zu", list, offset, n);
	if (at)
		buf_addf(out, "&at=%" PRIu64, at);
}

/* ---- finding ---- */

/* The page that an answer is, if it is a usable one of the list (NULL: of any). */
static const struct page *page_of(const struct fetch *x, const char *list, int64_t now_us)
{
	bool fits = x->kind == &page_kind && x->value && fetch_is_usable(x, now_us) &&
		    (!list || !strncmp(x->path, list, strlen(list)));

	return fits ? x->value : NULL;
}

const struct page *pages_at(const struct fetches *a, const char *list, uint64_t place)
{
	int64_t now_us = clock_mono_us(), newest_us = 0;
	const struct page *found = NULL;
	const struct fetch *x;

	TAILQ_FOREACH (x, &a->list, next) {
		const struct page *p = page_of(x, list, now_us);

		if (!p || place < p->offset || place - p->offset >= p->n || x->got_us <= newest_us)
			continue;
		found = p;
		newest_us = x->got_us;
	}
	return found;
}

const struct page *pages_newest(const struct fetches *a, const char *list)
{
	int64_t now_us = clock_mono_us(), newest_us = 0;
	const struct page *found = NULL;
	const struct fetch *x;

	TAILQ_FOREACH (x, &a->list, next) {
		const struct page *p = page_of(x, list, now_us);

		if (!p || x->got_us <= newest_us)
			continue;
		found = p;
		newest_us = x->got_us;
	}
	return found;
}

const struct page *pages_last(const struct fetches *a, const char *list)
{
	const struct fetch *x, *last = NULL;

	TAILQ_FOREACH (x, &a->list, next)
		if (x->kind == &page_kind && x->value && !strncmp(x->path, list, strlen(list)) &&
			(!last || x->got_us > last->got_us))
			last = x;
	return last ? last->value : NULL;
}

static const struct item_row *row_in(const struct page *p, uint64_t line)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->row[i].line == line)
			return &p->row[i];
	return NULL;
}

bool pages_locate(const struct fetches *a, const char *list, uint64_t line, uint64_t *place)
{
	int64_t now_us = clock_mono_us(), newest_us = 0;
	const struct fetch *x;

	TAILQ_FOREACH (x, &a->list, next) {
		const struct page *p = page_of(x, list, now_us);
		const struct item_row *row = p ? row_in(p, line) : NULL;

		if (!row || x->got_us <= newest_us)
			continue;
		*place = p->offset + (uint64_t)(row - p->row);
		newest_us = x->got_us;
	}
	return newest_us > 0;
}

const struct item_row *pages_row(const struct fetches *a, uint64_t line, int64_t *got_us)
{
	int64_t now_us = clock_mono_us();
	const struct item_row *found = NULL;
	const struct fetch *x;

	*got_us = 0;
	TAILQ_FOREACH (x, &a->list, next) {
		const struct page *p = page_of(x, NULL, now_us);
		const struct item_row *row = p ? row_in(p, line) : NULL;

		if (!row || x->got_us <= *got_us)
			continue;
		found = row;
		*got_us = x->got_us;
	}
	return found;
}
