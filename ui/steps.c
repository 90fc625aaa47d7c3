#include "steps.h"

#include <stdio.h>
#include <string.h>

#include "view.h"

/* The list that the item was opened from. */
static struct item_query query_of(const struct view *v)
{
	struct item_query q = {.sort = FIELD_LINE};

	return v->inspected_from == SCREEN_ITEMS ? v->items.query : q;
}

static void open_item(struct view *v, uint64_t line)
{
	inspector_open(&v->inspector, line, v->inspector.tab);
	if (v->inspected_from == SCREEN_ITEMS)
		item_list_select(&v->items.list, &v->port, line);
	v->unread = true;
}

/* Is the answer to the last question still on its way? Says so. */
static bool is_late(struct view *v)
{
	if (!port_late(&v->port))
		return false;
	view_message(v, true, "the list is not here yet: try again");
	return true;
}

static void step(struct view *v, int by)
{
	struct item_query q = query_of(v);
	struct rows_info info = {.error = ""};
	struct item_row row;
	uint64_t at;

	if (!port_locate(&v->port, &q, v->inspector.line, &at)) {
		if (!is_late(v))
			view_message(v, true,
				"the item is no longer in the list; q returns to the list");
	} else if (by < 0 && !at)
		view_message(v, false, "the first item of the list");
	else if (port_rows(&v->port, &q, by < 0 ? at - 1 : at + 1, &row, 1, &info))
		open_item(v, row.line);
	else if (!is_late(v))
		view_message(v, false,
			info.complete ? "the last item of the list"
				      : "the list is still being read");
}

/* The place of the first of the query's rows, which are by line, behind a line. */
static uint64_t place_behind(
	const struct port *port, const struct item_query *q, uint64_t line, uint64_t total)
{
	uint64_t from = 0, to = total;

	while (from < to) {
		uint64_t middle = from + (to - from) / 2;
		struct rows_info info;
		struct item_row row;

		if (port_rows(port, q, middle, &row, 1, &info) && row.line <= line)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static void step_to_failed(struct view *v)
{
	struct item_query q = {.sort = FIELD_LINE}, of = query_of(v);
	struct rows_info info = {.error = ""};
	struct item_row row;
	uint64_t at;

	snprintf(q.filter, sizeof(q.filter), "state:failed");
	if (of.filter[0] && strlen(of.filter) + sizeof(" state:failed") <= sizeof(q.filter))
		snprintf(q.filter, sizeof(q.filter), "%.180s state:failed", of.filter);
	port_rows(&v->port, &q, 0, &row, 1, &info);
	at = place_behind(&v->port, &q, v->inspector.line, info.total);
	if (is_late(v))
		return;
	if (at == info.total)
		at = 0;
	if (!port_rows(&v->port, &q, at, &row, 1, &info))
		view_message(v, false,
			info.complete ? "the list has no failed item"
				      : "still searching for failed items");
	else if (row.line == v->inspector.line)
		view_message(v, false, "the list has no other failed item");
	else
		open_item(v, row.line);
}

void steps_item(struct view *v, const char *args)
{
	if (v->screen != SCREEN_INSPECTOR)
		view_message(v, true, "not here: open an item first (Enter)");
	else if (!strcmp(args, "next"))
		step(v, 1);
	else if (!strcmp(args, "previous"))
		step(v, -1);
	else if (!strcmp(args, "failed"))
		step_to_failed(v);
	else
		view_message(v, true, "item next, previous or failed");
}
