/* The state of a service's screens: its batches with one selected, and its live calls. */
#ifndef SLUICE_UI_SERVICE_VIEW_H
#define SLUICE_UI_SERVICE_VIEW_H

#include "list.h"
#include "port.h"

struct service_view {
	struct batch_row *batch; /* owned; those that the filter leaves */
	struct batches_info batches;
	size_t unfiltered; /* how many there are without the filter */
	struct list list;
	char selected[BATCH_ID_SIZE]; /* stays selected wherever it moves; "": none */
	bool all;                     /* with those that ended */
	char filter[80];              /* a part of id, client, path, state; "": all */
	struct call_row *call;        /* owned */
	struct calls_info calls;
	struct list call_list;
	char opening[BATCH_ID_SIZE]; /* the batch that is to be shown as a run; "": none */
};

/* Is the port that of a service? */
static inline bool port_is_service(const struct port *p)
{
	return p->ops->service != NULL;
}

void service_view_free(struct service_view *s);
/* Reads batches and calls for lists of so many rows; 0: not shown, not read. */
void service_view_refresh(struct service_view *s, const struct port *port, int rows, int call_rows);
/* Moves the selection (as list_move()); false when `how` is no movement. */
bool service_view_move(struct service_view *s, const char *how);
/* The selected batch; NULL: none. */
const struct batch_row *service_view_selected(const struct service_view *s);
/* Has it ended? */
bool batch_has_ended(const struct batch_row *b);
/* Will it expire before it is done, as far as that can be told? */
bool batch_is_late(const struct batch_row *b, int64_t wall_us);

#endif
