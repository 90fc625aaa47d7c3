/* The Items screen's state: a query of items, their columns, and whether it moves by itself. */
#ifndef SLUICE_UI_ITEMS_VIEW_H
#define SLUICE_UI_ITEMS_VIEW_H

#include "item_columns.h"
#include "item_list.h"

struct items_view {
	struct item_list list;
	struct item_query query;
	struct item_columns columns;
	bool frozen; /* rows stay as they were read */
	bool follow; /* the selection follows the item started last */
	bool lent;   /* the filter is that of a row of another screen, which is gone back to */
};

void items_view_free(struct items_view *it);
/* Reads the rows of the screen, `rows` of them. */
void items_view_refresh(
	struct items_view *it, const struct port *port, const struct item_counts *counts, int rows);
/* Shows the items of a filter; the selected item stays selected if it matches. */
void items_view_filter(struct items_view *it, const char *filter);
/* Runs one of the list's commands ("scroll +1", "sort next", "tag", ...); false when it is none or
 * its arguments are wrong. */
bool items_view_command(
	struct items_view *it, const struct port *port, const char *name, const char *args);
/* Sorts by a field of this name, "-" before it: descending. False: there is no such order. */
bool items_view_sort(struct items_view *it, const char *how);

#endif
