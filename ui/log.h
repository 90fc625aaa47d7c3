/* The events of the run as far as they are kept here. */
#ifndef SLUICE_UI_LOG_H
#define SLUICE_UI_LOG_H

#include <stddef.h>

#include "port.h"

enum { LOG_KEPT = 4096 };

struct log {
	struct event *event; /* oldest first */
	size_t n, room;
	uint64_t seq; /* of the newest */
};

void log_free(struct log *l);
/* Reads events up to the sequence number `last`. */
void log_read(struct log *l, const struct port *port, uint64_t last);

#endif
