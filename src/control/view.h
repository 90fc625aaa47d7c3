/* The port's view of a run as a whole, and of its items in lists. */
#ifndef SLUICE_CONTROL_VIEW_H
#define SLUICE_CONTROL_VIEW_H

#include <stddef.h>

#include "control/control.h"

/* The port's snapshot. */
void control_snapshot(struct control *c, struct snapshot *out);
/* view_lanes.c: fills in the endpoints, their models, and the limits of the chosen endpoint. */
void control_view_lanes(const struct engine *e, struct snapshot *out);
/* Until when all endpoints of the snapshot hold that the operator has not paused; 0: one does not.
 */
int64_t control_held_until(const struct snapshot *s);
/* A base URL without the user and password it may hold, sanitised. */
void control_url(const char *url, char *out, size_t size);

/* rows.c */
void control_row(struct control *c, uint32_t item, struct item_row *row);
/* As port_rows(). */
size_t control_rows(struct control *c, const struct item_query *q, uint64_t offset,
	struct item_row *out, size_t n, struct rows_info *info);
/* The place of the item among the query's rows; false: it is not there. */
bool control_locate(struct control *c, const struct item_query *q, uint32_t item, uint64_t *offset);

#endif
