/* The port's view of a run as a whole, and of its items in lists. */
#ifndef SLUICE_CONTROL_VIEW_H
#define SLUICE_CONTROL_VIEW_H

#include <stddef.h>

#include "control/control.h"

/* The port's snapshot. */
void control_snapshot(struct control *c, struct snapshot *out);
/* totals.c: the port's totals. */
void control_totals(struct control *c, struct totals *out);
/* view_lanes.c: fills in the endpoints, their models, and the limits of the chosen endpoint. */
void control_view_lanes(const struct engine *e, struct snapshot *out);
/* Until when all endpoints of the snapshot hold that the operator has not paused; 0: one does not.
 */
int64_t control_held_until(const struct snapshot *s);
/* A base URL without the user and password it may hold, sanitised. */
void control_url(const char *url, char *out, size_t size);

/* rows.c */
void control_row(struct control *c, uint32_t item, struct item_row *row);
#endif
