/* One item: its row, and everything about it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "carry/detail.h"
#include "carry/tables.h"
#include "remote/pages.h"
#include "remote/remote_impl.h"

/* Texts may be long: the list beside them does not wait for them. */
#define TEXT_US (60 * US_PER_MS)

static void *read_row(struct json_span v)
{
	struct json_span at = json_find(v, "row");
	struct item_row *row;

	if (!json_span_is(at, JSON_VALUE_OBJECT))
		return NULL;
	row = xcalloc(1, sizeof(*row));
	carry_read(at, carry_item_row_fields, row);
	return row;
}

static const struct fetch_kind row_kind = {read_row, free};

/* The newest row that is here, or soon; false: there is none. */
static bool find_row(struct remote *r, uint64_t line, struct item_row *out, int64_t *got_us)
{
	int64_t now_us = clock_mono_us();
	const struct item_row *row = pages_row(&r->fetches, line, got_us);
	struct fetch *x;
	char path[80];

	/* one that is on a page is asked for with it */
	if (!row || (now_us - *got_us > 3 * FETCH_FRESH_US && r->link)) {
		snprintf(path, sizeof(path), "/v1/watch/row/%" PRIu64, line);
		x = fetches_ask(&r->fetches, path, &row_kind);
		if (!row)
			remote_wait_for(r, x);
		if (x->value && (!row || x->got_us > *got_us)) {
			row = x->value;
			*got_us = x->got_us;
		}
	}
	if (row)
		*out = *row;
	return row;
}

bool remote_row(void *ctx, uint64_t line, struct item_row *out)
{
	int64_t got_us;

	return find_row(ctx, line, out, &got_us);
}

static void *read_detail(struct json_span v)
{
	struct item_detail *d = xcalloc(1, sizeof(*d));

	if (carry_detail_read(json_find(v, "item"), d))
		return d;
	free(d);
	return NULL;
}

static void free_detail(void *value)
{
	port_detail_free(value);
	free(value);
}

static const struct fetch_kind detail_kind = {read_detail, free_detail};

/* Is the detail of the item as its row says it is? */
static bool is_current(const struct item_detail *d, const struct item_row *row)
{
	return d && d->row.state == row->state && d->row.attempt == row->attempt &&
	       d->row.bytes_in >= row->bytes_in;
}

static char *copy_bytes(const char *text, size_t len)
{
	char *copy;

	if (!text)
		return NULL;
	copy = xmalloc(len + 1);
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

static char *copy_text(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static void copy_detail(const struct item_detail *d, struct item_detail *out)
{
	*out = *d;
	out->request_head = copy_text(d->request_head);
	out->request_body = copy_bytes(d->request_body, d->request_body_len);
	out->response_head = copy_text(d->response_head);
	out->response_body = copy_bytes(d->response_body, d->response_body_len);
	out->stages = copy_text(d->stages);
	out->metadata = copy_text(d->metadata);
	out->error = copy_text(d->error);
	if (!d->said)
		return;
	out->said = xcalloc(d->n_said + 1, sizeof(*out->said));
	for (size_t i = 0; i < d->n_said; i++) {
		out->said[i] = d->said[i];
		out->said[i].text = copy_bytes(d->said[i].text, d->said[i].len);
	}
}

/* Is it as new as the row of the item? */
static bool is_good(
	const struct remote *r, const struct fetch *x, const struct item_row *row, int64_t row_us)
{
	return x->value && (!r->link || x->got_us > row_us || is_current(x->value, row));
}

bool remote_detail(void *ctx, uint64_t line, bool content, struct item_detail *out)
{
	struct remote *r = ctx;
	int64_t row_us, most_us;
	struct item_row row;
	struct fetch *x;
	char path[80];

	memset(out, 0, sizeof(*out));
	if (!find_row(r, line, &row, &row_us))
		return false;
	snprintf(path, sizeof(path), "/v1/watch/items/%" PRIu64 "?content=%d", line, content);
	x = fetches_find(&r->fetches, path, &detail_kind);
	if (!is_good(r, x, &row, row_us)) {
		x = fetches_ask(&r->fetches, path, &detail_kind);
		most_us = clock_mono_us() + TEXT_US;
		if (remote_has_time(r))
			fetches_wait(&r->fetches, x, most_us < r->until_us ? most_us : r->until_us);
	}
	if (!is_good(r, x, &row, row_us)) {
		r->late = r->late || !x->refused[0];
		return false;
	}
	copy_detail(x->value, out);
	return true;
}
