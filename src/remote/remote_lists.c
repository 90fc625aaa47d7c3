/* Rows of lists: those that are here, and those that are asked for. */
#include <stdio.h>
#include <string.h>

#include "remote/pages.h"
#include "remote/remote_impl.h"

enum { PATH_SIZE = 4096, ROWS_ASKED = 200 };

static struct fetch *ask_page(
	struct remote *r, const char *list, uint64_t offset, size_t n, uint64_t at)
{
	struct fetch *x;
	struct buf path;

	buf_init(&path, PATH_SIZE);
	page_path(&path, list, offset, n < ROWS_ASKED ? n : ROWS_ASKED, at);
	x = fetches_ask(&r->fetches, buf_str(&path), &page_kind);
	buf_free(&path);
	return x;
}

/* Asks for rows that are not here, and waits. A single row is asked for with its page on both
 * sides, which is read next. */
static struct fetch *fetch_rows(struct remote *r, const char *list, uint64_t offset, size_t n)
{
	uint64_t first = offset;
	struct fetch *x;

	if (n == 1) {
		first = offset > r->page_rows ? offset - r->page_rows : 0;
		n = 2 * r->page_rows + 1;
	}
	x = ask_page(r, list, first, n, 0);
	remote_wait_for(r, x);
	return x;
}

/* Fills rows from the pages that are here; returns how many without a gap. */
static size_t gather(
	const struct remote *r, const char *list, uint64_t offset, struct item_row *out, size_t n)
{
	size_t got = 0;

	while (got < n) {
		const struct page *p = pages_at(&r->fetches, list, offset + got);
		size_t from, some;

		if (!p)
			break;
		from = (size_t)(offset + got - p->offset);
		some = p->n - from < n - got ? p->n - from : n - got;
		memcpy(out + got, p->row + from, some * sizeof(*out));
		got += some;
	}
	return got;
}

/* What is known of the list: of its newest page, else of the refusal. */
static void fill_info(
	struct remote *r, const char *list, const struct fetch *x, struct rows_info *info)
{
	const struct page *p = pages_newest(&r->fetches, list);

	if (p) {
		*info = p->info;
		return;
	}
	*info = (struct rows_info){.busy = x && x->busy};
	if (x && x->refused[0] && !x->busy)
		snprintf(info->error, sizeof(info->error), "%s", x->refused);
	else if (!remote_is_live(r))
		snprintf(info->error, sizeof(info->error), "not read before the %s",
			r->over ? "run ended: sluice view has the items" : "connection was lost");
	else if (pages_last(&r->fetches, list)) /* how long it was is better than nothing */
		info->total = pages_last(&r->fetches, list)->info.total;
}

/* How many rows of the place on the list has, as far as it is known. */
static size_t rows_there(const struct remote *r, const char *list, uint64_t offset, size_t n)
{
	const struct page *p = pages_newest(&r->fetches, list);
	uint64_t left;

	if (!p)
		return n;
	left = p->info.total > offset ? p->info.total - offset : 0;
	return left < n ? (size_t)left : n;
}

size_t remote_rows(void *ctx, const struct item_query *q, uint64_t offset, struct item_row *out,
	size_t n, struct rows_info *info)
{
	struct remote *r = ctx;
	struct fetch *x = NULL;
	struct buf list;
	size_t got, tries = 0;

	buf_init(&list, PATH_SIZE);
	page_list_path(&list, q);
	if (n > 1) {
		/* kept up to date as long as it is shown */
		r->page_rows = n < ROWS_ASKED / 3 ? n : ROWS_ASKED / 3;
		x = ask_page(r, buf_str(&list), offset, n, 0);
	}
	got = gather(r, buf_str(&list), offset, out, n);
	if (got < rows_there(r, buf_str(&list), offset, n) || (!got && n)) {
		/* a page may be shorter than it was asked for */
		do {
			x = n > 1 && !got ? x : NULL;
			if (x)
				remote_wait_for(r, x);
			else
				x = fetch_rows(r, buf_str(&list), offset + got, n - got);
			got = gather(r, buf_str(&list), offset, out, n);
		} while (got < rows_there(r, buf_str(&list), offset, n) && x->value && tries++ < 4);
	}
	fill_info(r, buf_str(&list), x, info);
	buf_free(&list);
	return got;
}

bool remote_locate(void *ctx, const struct item_query *q, uint64_t line, uint64_t *offset)
{
	struct remote *r = ctx;
	const struct page *p;
	struct fetch *x;
	struct buf list;
	bool found;

	buf_init(&list, PATH_SIZE);
	page_list_path(&list, q);
	found = pages_locate(&r->fetches, buf_str(&list), line, offset);
	if (!found) {
		x = ask_page(r, buf_str(&list), 0, r->page_rows + 1, line);
		remote_wait_for(r, x);
		p = x->value;
		found = p && p->has_place;
		if (found)
			*offset = p->place;
	}
	buf_free(&list);
	return found;
}
