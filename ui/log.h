/* The latest events of the run, and their list on the Log screen. */
#ifndef SLUICE_UI_LOG_H
#define SLUICE_UI_LOG_H

#include <stddef.h>

#include "list.h"
#include "port.h"

enum { LOG_KEPT = 4096 };

struct log {
	struct event *event; /* oldest first */
	size_t n, room;
	uint64_t seq; /* of the newest */
	/* the screen */
	char filter[200];
	uint32_t *match;   /* places of events that match the filter; NULL: not searched yet */
	uint64_t matched;  /* seq up to which match holds */
	struct list list;  /* of match */
	uint64_t selected; /* an event's seq; 0: the newest, whichever it is */
};

void log_free(struct log *l);
/* Forgets the events: another run, or another moment, has others. The filter stays. */
void log_forget(struct log *l);
/* Reads events up to the sequence number `last`; all anew when that lies before what was read, as
 * in a replay that goes back. */
void log_read(struct log *l, const struct port *port, uint64_t last);
/* Finds the events of `rows` rows. It follows the newest unless another event is selected. */
void log_refresh(struct log *l, int rows);
/* Shows events that hold a text. */
void log_filter(struct log *l, const char *text);
/* Marks the outcome that an event of no other colour names in its text, which stands in a text of
 * this size. */
void log_tint(const struct event *e, char *text, size_t size);
/* Moves the selection (as list_move()); false when `how` is no movement. */
bool log_move(struct log *l, const char *how);

#endif
