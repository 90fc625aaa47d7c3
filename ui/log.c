#include "log.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { READ_AT_ONCE = 64 };

void log_free(struct log *l)
{
	free(l->event);
	*l = (struct log){0};
}

/* Room for some more; the oldest quarter goes when there would be too many. */
static void make_room(struct log *l)
{
	if (l->n + READ_AT_ONCE > LOG_KEPT) {
		size_t gone = LOG_KEPT / 4;

		l->n -= gone;
		memmove(l->event, l->event + gone, l->n * sizeof(*l->event));
	} else if (l->n + READ_AT_ONCE > l->room) {
		l->room = l->room * 2 + READ_AT_ONCE;
		l->room = l->room < LOG_KEPT ? l->room : LOG_KEPT;
		l->event = xrealloc(l->event, l->room, sizeof(*l->event));
	}
}

void log_read(struct log *l, const struct port *port, uint64_t last)
{
	while (l->seq < last) {
		size_t n;

		make_room(l);
		n = port_events_since(port, l->seq, l->event + l->n, READ_AT_ONCE);
		if (!n)
			break;
		l->n += n;
		l->seq = l->event[l->n - 1].seq;
	}
}
