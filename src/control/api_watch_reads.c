/* What a dashboard in another process asks for: rows, items and errors as the port has them. */
#include <stdlib.h>
#include <string.h>

#include "carry/detail.h"
#include "carry/tables.h"
#include "control/api_impl.h"

static void put_row(struct json_writer *w, const struct item_row *row)
{
	carry_write(w, carry_item_row_fields, row, NULL, sizeof(*row));
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
		put_row(&w, &row[i]);
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
		put_row(&w, &row);
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
		api_refuse(a, 413, "request and answer are too long to be shown from here");
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

void api_post_attended(const struct api *api, const struct api_request *r, struct api_answer *a)
{
	(void)r;
	port_attended(&api->port);
	buf_adds(&a->body, "{}");
}
