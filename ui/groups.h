/* The Errors screen's state: groups of failed attempts, one of them selected. */
#ifndef SLUICE_UI_GROUPS_H
#define SLUICE_UI_GROUPS_H

#include "list.h"
#include "port.h"

struct groups {
	struct error_group *group;
	size_t n, total;   /* read; how many there are */
	uint64_t attempts; /* of the groups read */
	struct list list;
	uint32_t id;            /* selected; 0: none */
	struct error_hits hits; /* of the selected one, as far as it is known */
};

void groups_free(struct groups *g);
/* Reads the groups for a list of `rows` rows; the selected group stays selected wherever it moves.
 */
void groups_refresh(struct groups *g, const struct port *port, int rows);
/* Moves the selection (as list_move()); false when `how` is no movement. */
bool groups_move(struct groups *g, const char *how);
/* The selected group; NULL: none. */
const struct error_group *groups_selected(const struct groups *g);

#endif
