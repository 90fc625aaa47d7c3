#include "item_list.h"

#include <stdlib.h>

#include "base/alloc.h"

void item_list_free(struct item_list *l)
{
	free(l->row);
	*l = (struct item_list){0};
}

/* Finds where the selected item is now. */
static void find_selected(struct item_list *l, const struct port *port, const struct item_query *q)
{
	uint64_t place;

	if (l->top) {
		l->list.cursor = l->list.first = 0;
		return;
	}
	if (!l->line || l->awaited)
		return;
	l->absent = !port_locate(port, q, l->line, &place);
	if (!l->absent)
		list_follow(&l->list, place);
	else if (l->choose)
		l->line = 0;
}

static void read_page(
	struct item_list *l, const struct port *port, const struct item_query *q, int rows)
{
	size_t wanted = rows > 0 ? (size_t)rows : 0;

	if (wanted > l->room) {
		l->row = xrealloc(l->row, wanted, sizeof(*l->row));
		l->room = wanted;
	}
	l->page = l->list.first;
	l->n = port_rows(port, q, l->page, l->row, wanted, &l->info);
}

void item_list_refresh(struct item_list *l, const struct port *port, const struct item_query *q,
	int rows, bool frozen)
{
	bool fresh = l->n == 0 || l->list.rows != rows;

	if (frozen) {
		list_fit(&l->list, l->list.total, rows);
		if (!fresh && l->page == l->list.first)
			return;
	} else {
		find_selected(l, port, q);
	}
	list_fit(&l->list, l->list.total, rows);
	read_page(l, port, q, rows);
	if (l->info.total != l->list.total) {
		/* a list that got shorter may have taken the page with it */
		list_fit(&l->list, l->info.total, rows);
		if (l->page != l->list.first)
			read_page(l, port, q, rows);
	}
	if (l->n && (l->top || (!l->line && l->choose))) {
		item_list_select(l, port, l->row[0].line);
		l->list.cursor = l->page;
		l->top = !l->page && !l->info.complete && !l->info.error[0];
	}
	if (l->awaited && l->list.cursor >= l->page && l->list.cursor - l->page < l->n)
		item_list_select(l, port, l->row[l->list.cursor - l->page].line);
	if (l->line)
		l->choose = false;
	if (l->line && !port_row(port, l->line, &l->selected) && !port_late(port))
		l->line = 0;
}

/* The item at a place: as it is on the screen, where it is. */
static uint64_t line_at(struct item_list *l, const struct port *port, const struct item_query *q)
{
	uint64_t place = l->list.cursor;
	struct item_row row;

	if (place >= l->page && place - l->page < l->n)
		return l->row[place - l->page].line;
	return port_rows(port, q, place, &row, 1, &l->info) ? row.line : 0;
}

bool item_list_move(
	struct item_list *l, const struct port *port, const struct item_query *q, const char *how)
{
	struct list to = l->list;
	uint64_t line;

	if (!list_move(&to, how))
		return false;
	/* the first step selects the current row rather than the next one */
	if (l->line || (*how != '+' && *how != '-'))
		l->list = to;
	line = l->list.total ? line_at(l, port, q) : 0;
	if (line) {
		item_list_select(l, port, line);
	} else if (l->list.total && port_late(port)) {
		l->awaited = true;
		l->line = 0;
	}
	return true;
}

void item_list_select(struct item_list *l, const struct port *port, uint64_t line)
{
	l->top = l->awaited = false;
	l->line = port_row(port, line, &l->selected) ? line : 0;
	l->absent = false;
}
