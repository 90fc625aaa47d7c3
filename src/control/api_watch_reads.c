/* What a dashboard in another process asks for: rows, items and errors as the port has them. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "carry/detail.h"
#include "carry/tables.h"
#include "control/api_impl.h"

/* before: the row before it on the page, which has much in common with it; NULL: none. */
static void put_row(
	struct json_writer *w, const struct item_row *row, const struct item_row *before)
{
	carry_write(w, carry_item_row_fields, row, before, sizeof(*row));
}

/* A page around an item, if one is asked for and in the list. */
static void find_page(const struct api *api, const struct item_query *q, int64_t at,
	struct api_list *list, struct json_writer *w)
{
	uint64_t place;

	if (!at)
		return;
	json_key(w, "place");
	if (!port_locate(&api->port, q, (uint64_t)at, &place)) {
		json_put_null(w);
		return;
	}
	json_put_uint(w, place);
	if (place < (uint64_t)list->offset || place >= (uint64_t)(list->offset + list->limit))
		list->offset =
			(int64_t)place > list->limit / 2 ? (int64_t)place - list->limit / 2 : 0;
}

void api_get_watch_rows(const struct api *api, const struct api_request *r, struct api_answer *a)
{
	struct json_writer w = json_writer_to(&a->body);
	const struct item_query *q;
	struct item_row row[ROWS_AT_ONCE];
	struct rows_info info;
	struct api_list list;
	int64_t at = 0;
	size_t n;

	if (!api_read_list(r, &list, a) || !api_number(r, "at", 0, INT64_MAX, &at, a))
		return;
	q = list.active ? QUERY_ACTIVE : &list.query;
	json_open_object(&w);
	if (list.offset > INT64_MAX - list.limit)
		list.offset = INT64_MAX - list.limit;
	find_page(api, q, at, &list, &w);
	n = port_rows(&api->port, q, (uint64_t)list.offset, row, (size_t)list.limit, &info);
	json_member_uint(&w, "offset", (uint64_t)list.offset);
	json_key(&w, "info");
	carry_write(&w, carry_rows_info_fields, &info, NULL, sizeof(info));
	json_member_array(&w, "rows");
	for (size_t i = 0; i < n; i++)
		put_row(&w, &row[i], i ? &row[i - 1] : NULL);
	json_close_array(&w);
	json_close_object(&w);
}

void api_get_watch_row(const struct api *api, const struct api_request *r, struct api_answer *a)
{
	struct json_writer w = json_writer_to(&a->body);
	struct item_row row;
	int64_t line;

	if (!api_read_line(r, &line, a))
		return;
	json_open_object(&w);
	json_key(&w, "row");
	if (port_row(&api->port, (uint64_t)line, &row))
		put_row(&w, &row, NULL);
	else
		json_put_null(&w);
	json_close_object(&w);
}

void api_get_watch_item(const struct api *api, const struct api_request *r, struct api_answer *a)
{
	struct json_writer w = json_writer_to(&a->body);
	bool content = false, there;
	struct item_detail d;
	int64_t line;

	if (!api_flag(r, "content", &content, a) || !api_read_line(r, &line, a))
		return;
	there = content ? port_detail(&api->port, (uint64_t)line, &d)
			: port_summary(&api->port, (uint64_t)line, &d);
	json_open_object(&w);
	json_key(&w, "item");
	if (there)
		carry_detail_write(&w, &d);
	else
		json_put_null(&w);
	json_close_object(&w);
	if (there)
		port_detail_free(&d);
	if (!json_writer_fits(&w))
		api_refuse(a, 413, "request and answer are too long to show here");
}

void api_get_watch_errors(const struct api *api, const struct api_request *r, struct api_answer *a)
{
	enum { GROUPS_MAX = 256 };
	struct json_writer w = json_writer_to(&a->body);
	struct error_group group[GROUPS_MAX];
	int64_t limit = GROUPS_MAX;
	size_t n, total;

	if (!api_number(r, "limit", 1, GROUPS_MAX, &limit, a))
		return;
	n = port_errors(&api->port, group, (size_t)limit, &total);
	json_open_object(&w);
	json_member_uint(&w, "total", total);
	json_member_array(&w, "errors");
	for (size_t i = 0; i < n; i++)
		carry_write(&w, carry_group_fields, &group[i], NULL, sizeof(group[i]));
	json_close_array(&w);
	json_close_object(&w);
}

void api_get_watch_hits(const struct api *api, const struct api_request *r, struct api_answer *a)
{
	struct json_writer w = json_writer_to(&a->body);
	struct error_hits hits;
	int64_t group;

	if (!api_read_line(r, &group, a))
		return;
	json_open_object(&w);
	json_key(&w, "hits");
	if (group <= UINT32_MAX && port_error_hits(&api->port, (uint32_t)group, &hits))
		carry_write(&w, carry_hits_fields, &hits, NULL, sizeof(hits));
	else
		json_put_null(&w);
	json_close_object(&w);
}

void api_get_watch_usage(const struct api *api, const struct api_request *r, struct api_answer *a)
{
	struct json_writer w = json_writer_to(&a->body);
	struct usage_row *row = xcalloc(USAGE_ROWS_SHOWN, sizeof(*row));
	size_t n = port_usage(&api->port, row, USAGE_ROWS_SHOWN);

	(void)r;
	json_open_object(&w);
	json_member_array(&w, "usage");
	for (size_t i = 0; i < n; i++)
		carry_write(&w, carry_usage_fields, &row[i], NULL, sizeof(*row));
	json_close_array(&w);
	json_close_object(&w);
	free(row);
}

/* The slot with which the news begin for a client that has all up to a second. */
static uint32_t slot_since(const struct chart_info *now, bool recent, int64_t span, int64_t since)
{
	uint64_t slot, first = recent ? now->seconds - now->slots : 0;

	if (span != now->span_s || (uint64_t)since > now->seconds || !since)
		return 0;
	slot = ((uint64_t)since - 1) / now->span_s;
	return slot > first && slot - first < now->slots ? (uint32_t)(slot - first) : 0;
}

void api_get_watch_chart(const struct api *api, const struct api_request *r, struct api_answer *a)
{
	struct json_writer w = json_writer_to(&a->body);
	struct chart_slot *slot;
	struct chart_query q = {.recent = false};
	struct chart_info info;
	int64_t span = 0, since = 0;
	size_t n;

	if (!api_flag(r, "recent", &q.recent, a) ||
		!api_number(r, "span", 0, UINT32_MAX, &span, a) ||
		!api_number(r, "since", 0, INT64_MAX, &since, a))
		return;
	slot = xcalloc(CHART_SLOTS, sizeof(*slot));
	port_chart(&api->port, &q, slot, 0, &info);
	q.from = slot_since(&info, q.recent, span, since);
	n = port_chart(&api->port, &q, slot, CHART_SLOTS, &info);
	json_open_object(&w);
	json_member_uint(&w, "span", info.span_s);
	json_member_uint(&w, "slots", info.slots);
	json_member_uint(&w, "seconds", info.seconds);
	json_member_uint(&w, "from", q.from);
	json_member_array(&w, "chart");
	for (size_t i = 0; i < n; i++)
		carry_write(&w, carry_slot_fields, &slot[i], NULL, sizeof(*slot));
	json_close_array(&w);
	json_close_object(&w);
	free(slot);
}

void api_post_attended(const struct api *api, const struct api_request *r, struct api_answer *a)
{
	(void)r;
	port_attended(&api->port);
	buf_adds(&a->body, "{}");
}
