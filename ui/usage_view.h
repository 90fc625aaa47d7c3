/* The Usage screen's state: what requests came to by model, endpoint and stage, one row selected.
 */
#ifndef SLUICE_UI_USAGE_VIEW_H
#define SLUICE_UI_USAGE_VIEW_H

#include "list.h"
#include "port.h"

struct usage_view {
	struct usage_row *row;
	size_t n;
	struct list list;
	struct usage_row selected; /* follows its name, wherever it moves; of requests 0: none */
};

void usage_view_free(struct usage_view *u);
/* Reads the rows for a list of `rows` rows. */
void usage_view_refresh(struct usage_view *u, const struct port *port, int rows);
/* Moves the selection (as list_move()); false when `how` is no movement. */
bool usage_view_move(struct usage_view *u, const char *how);
/* Selects the row of that name, if there is one. */
void usage_view_select(struct usage_view *u, enum usage_kind kind, const char *name);
/* The filter of the items of the selected row, within out; false: it has no name, or nothing is
 * selected. */
bool usage_view_filter(const struct usage_view *u, char *out, size_t size);

#endif
