/* A list of items paged through the port: it reads only the shown rows, and the selection is an
 * input line, which stays selected wherever its row moves. */
#ifndef SLUICE_UI_ITEM_LIST_H
#define SLUICE_UI_ITEM_LIST_H

#include "list.h"
#include "port.h"

struct item_list {
	struct list list;
	struct item_row *row; /* the page as it was read last */
	size_t n, room;
	uint64_t page; /* the place of row[0] */
	struct rows_info info;
	uint64_t line;            /* selected; 0: nothing yet */
	struct item_row selected; /* as of the last refresh or move */
	bool absent;              /* the selected item is not among the rows */
	bool choose;  /* at the next refresh, select the first row unless the selected one is there
		       */
	bool awaited; /* the cursor was moved to a row that is not here yet: it is selected when it
			 comes */
	bool top;     /* the first row was chosen of a list that is not complete: it stays selected,
			 whichever item that is, until the list is or the operator moves */
};

void item_list_free(struct item_list *l);
/* Reads the page, `rows` high, and finds the selected item again; frozen: reads only rows that were
 * never read. */
void item_list_refresh(struct item_list *l, const struct port *port, const struct item_query *q,
	int rows, bool frozen);
/* Moves the selection (as list_move()); false when `how` is no movement. */
bool item_list_move(
	struct item_list *l, const struct port *port, const struct item_query *q, const char *how);
/* Selects an item wherever it is. */
void item_list_select(struct item_list *l, const struct port *port, uint64_t line);

#endif
