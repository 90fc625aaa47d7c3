/* The event log of a run: the last EVENTS_KEPT events, for dashboards. Pure. */
#ifndef SLUICE_CORE_EVENTS_H
#define SLUICE_CORE_EVENTS_H

#include <stddef.h>

#include "figures.h"

enum { EVENTS_KEPT = 512 };

struct events {
	struct event ring[EVENTS_KEPT];
	uint64_t last; /* sequence number of the newest; 0: none */
};

/* Adds an event; the text is sanitised and cut. */
void events_add(struct events *e, int64_t wall_us, enum event_level level, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* What an event is about: the members of struct event. endpoint: NULL: none. */
struct event_about {
	enum outcome outcome;
	uint64_t line;
	uint32_t group;
	const char *endpoint;
};

/* The same, about something. */
void events_add_about(struct events *e, int64_t wall_us, enum event_level level,
	const struct event_about *about, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* Copies up to n events newer than the sequence number `since`, oldest first; returns how many. */
size_t events_since(const struct events *e, uint64_t since, struct event *out, size_t n);

#endif
