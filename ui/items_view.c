#include "items_view.h"

#include <stdio.h>
#include <string.h>

static const char *const sort_names[SORT_COUNT] = {[SORT_LINE] = "line",
	[SORT_STATE] = "state",
	[SORT_ATTEMPTS] = "attempts",
	[SORT_OUTCOME] = "outcome"};

void items_view_free(struct items_view *it)
{
	item_list_free(&it->list);
	tags_free(&it->tags);
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
	it->list.choose = true;
	it->frozen = false;
}

void items_view_filter(struct items_view *it, const char *filter)
{
	snprintf(it->query.filter, sizeof(it->query.filter), "%s", filter);
	it->grouped = false;
	start_anew(it);
}

const char *items_view_sort_name(enum item_sort sort)
{
	return sort_names[sort];
}

static bool set_sort(struct items_view *it, const char *how)
{
	int sort = it->query.sort;

	if (!strcmp(how, "next")) {
		sort = (sort + 1) % SORT_COUNT;
	} else if (!strcmp(how, "previous")) {
		sort = (sort + SORT_COUNT - 1) % SORT_COUNT;
	} else {
		for (sort = 0; sort < SORT_COUNT && strcmp(how, sort_names[sort]) != 0; sort++)
			;
		if (sort == SORT_COUNT)
			return false;
	}
	it->query.sort = (enum item_sort)sort;
	start_anew(it);
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
	if (!it->list.line)
		return;
	tags_toggle(&it->tags, it->list.line);
	item_list_move(&it->list, port, &it->query, "+1");
}

bool items_view_command(
	struct items_view *it, const struct port *port, const char *name, const char *args)
{
	if (!strcmp(name, "scroll"))
		return scroll(it, port, args);
	if (!strcmp(name, "sort"))
		return set_sort(it, args);
	if (!strcmp(name, "invert")) {
		it->query.descending = !it->query.descending;
		start_anew(it);
	} else if (!strcmp(name, "tag")) {
		toggle_tag(it, port);
	} else if (!strcmp(name, "untag")) {
		tags_clear(&it->tags);
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
