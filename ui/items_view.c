#include "items_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void items_view_free(struct items_view *it)
{
	item_list_free(&it->list);
}

/* The item started last: the newest in flight. */
static uint64_t newest(const struct port *port, uint64_t in_flight)
{
	struct item_row row;
	struct rows_info info;

	if (!in_flight || !port_rows(port, QUERY_ACTIVE, in_flight - 1, &row, 1, &info))
		return 0;
	return row.line;
}

void items_view_refresh(
	struct items_view *it, const struct port *port, const struct item_counts *counts, int rows)
{
	uint64_t line = it->follow && !it->frozen ? newest(port, counts->in_flight) : 0, place;

	/* an item that does not match is not followed */
	if (line && port_locate(port, &it->query, line, &place))
		item_list_select(&it->list, port, line);
	item_list_refresh(&it->list, port, &it->query, rows, it->frozen);
}

/* The rows are others now: nothing read before counts. */
static void start_anew(struct items_view *it)
{
	it->list.n = 0;
	it->list.info = (struct rows_info){0};
	it->list.list.first = it->list.list.cursor = 0;
	it->list.top = it->list.awaited = false;
	it->list.choose = true;
	it->frozen = false;
}

void items_view_filter(struct items_view *it, const char *filter)
{
	snprintf(it->query.filter, sizeof(it->query.filter), "%s", filter);
	it->lent = false;
	start_anew(it);
}

/* In an order that is made in the background, the selected item is nowhere at first: the first row
 * is selected, as in an order of that kind it is what was asked for. */
static void sort_anew(struct items_view *it)
{
	start_anew(it);
	if (item_field(it->query.sort)->place != PLACE_ITEM)
		it->list.line = 0;
}

bool items_view_sort(struct items_view *it, const char *how)
{
	bool next = !strcmp(how, "next"), down = *how == '-';
	enum item_field sort;

	if (next || !strcmp(how, "previous")) {
		it->query.sort = item_columns_sort(&it->columns, it->query.sort, next);
		sort_anew(it);
		return true;
	}
	sort = item_field_named(how + down, strlen(how + down));
	if (sort == FIELD_COUNT || !item_field(sort)->sorts)
		return false;
	it->query.sort = sort;
	it->query.descending = down;
	sort_anew(it);
	return true;
}

static bool scroll(struct items_view *it, const struct port *port, const char *how)
{
	if (!item_list_move(&it->list, port, &it->query, how))
		return false;
	it->follow = false;
	return true;
}

static void toggle_tag(struct items_view *it, const struct port *port)
{
	struct command_reply reply = {.ok = false};
	char text[48];

	if (!it->list.line)
		return;
	snprintf(text, sizeof(text), "%s #%" PRIu64, it->list.selected.tagged ? "untag" : "tag",
		it->list.line);
	port_command(port, text, &reply);
	item_list_move(&it->list, port, &it->query, "+1");
}

bool items_view_command(
	struct items_view *it, const struct port *port, const char *name, const char *args)
{
	if (!strcmp(name, "scroll"))
		return scroll(it, port, args);
	if (!strcmp(name, "sort"))
		return items_view_sort(it, args);
	if (!strcmp(name, "invert")) {
		it->query.descending = !it->query.descending;
		sort_anew(it);
	} else if (!strcmp(name, "tag")) {
		toggle_tag(it, port);
	} else if (!strcmp(name, "follow")) {
		it->follow = !it->follow;
		it->frozen = false;
	} else if (!strcmp(name, "freeze")) {
		it->frozen = !it->frozen;
	} else {
		return false;
	}
	return true;
}
