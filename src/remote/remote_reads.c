/* Failures, what they hit, usage, and the chart. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "carry/tables.h"
#include "remote/remote_impl.h"

/* ---- errors ---- */

enum { GROUPS_MAX = 256 };

struct groups {
	size_t n, total;
	struct error_group group[GROUPS_MAX];
};

static bool on_group(void *ctx, struct json_span v)
{
	struct groups *g = ctx;

	carry_read(v, carry_group_fields, &g->group[g->n++]);
	return g->n < GROUPS_MAX;
}

static void *read_groups(struct json_span v)
{
	struct groups *g = xcalloc(1, sizeof(*g));
	int64_t total;

	json_each_element(json_find(v, "errors"), on_group, g);
	g->total = json_span_int(json_find(v, "total"), &total) && total > (int64_t)g->n
			   ? (size_t)total
			   : g->n;
	return g;
}

static const struct fetch_kind groups_kind = {read_groups, free};

size_t remote_errors(void *ctx, struct error_group *out, size_t n, size_t *total)
{
	struct remote *r = ctx;
	struct fetch *x = fetches_ask(&r->fetches, "/v1/watch/errors", &groups_kind);
	const struct groups *g;

	remote_wait_for(r, x);
	g = x->value;
	*total = g ? g->total : 0;
	n = g && g->n < n ? g->n : g ? n : 0;
	if (n)
		memcpy(out, g->group, n * sizeof(*out));
	return n;
}

static void *read_hits(struct json_span v)
{
	struct json_span at = json_find(v, "hits");
	struct error_hits *hits;

	if (!json_span_is(at, JSON_VALUE_OBJECT))
		return NULL;
	hits = xcalloc(1, sizeof(*hits));
	carry_read(at, carry_hits_fields, hits);
	return hits;
}

static const struct fetch_kind hits_kind = {read_hits, free};

bool remote_error_hits(void *ctx, uint32_t id, struct error_hits *out)
{
	struct remote *r = ctx;
	struct fetch *x;
	char path[64];

	if (!id)
		return false;
	snprintf(path, sizeof(path), "/v1/watch/hits/%" PRIu32, id);
	x = fetches_ask(&r->fetches, path, &hits_kind);
	remote_wait_for(r, x);
	if (x->value)
		*out = *(const struct error_hits *)x->value;
	return x->value;
}

/* ---- usage and chart ---- */

struct usage {
	size_t n;
	struct usage_row row[USAGE_ROWS_SHOWN];
};

static bool on_usage(void *ctx, struct json_span v)
{
	struct usage *u = ctx;

	carry_read(v, carry_usage_fields, &u->row[u->n++]);
	return u->n < USAGE_ROWS_SHOWN;
}

static void *read_usage(struct json_span v)
{
	struct usage *u = xcalloc(1, sizeof(*u));

	json_each_element(json_find(v, "usage"), on_usage, u);
	return u;
}

static const struct fetch_kind usage_kind = {read_usage, free};

size_t remote_usage(void *ctx, struct usage_row *out, size_t n)
{
	struct remote *r = ctx;
	struct fetch *x = fetches_ask(&r->fetches, "/v1/watch/usage", &usage_kind);
	const struct usage *u;

	remote_wait_for(r, x);
	u = x->value;
	n = u && u->n < n ? u->n : u ? n : 0;
	if (n)
		memcpy(out, u->row, n * sizeof(*out));
	return n;
}

size_t remote_slots(void *ctx, const struct chart_query *q, struct chart_slot *out, size_t n,
	struct chart_info *info)
{
	struct remote *r = ctx;
	struct remote_chart *c = &r->chart[q->recent];
	struct fetch *x;
	char path[120];

	remote_chart_path(c, q->recent, path, sizeof(path));
	x = fetches_ask(&r->fetches, path, &remote_chart_kind);
	if (!c->n)
		remote_wait_for(r, x);
	if (x->value)
		remote_chart_add(c, q->recent, x->value);
	return remote_chart_slots(c, q->from, out, n, info);
}
