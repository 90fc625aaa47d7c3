#include "core/events.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

void events_add(struct events *e, int64_t wall_us, enum event_level level, const char *format, ...)
{
	struct event *event = &e->ring[e->last % EVENTS_KEPT];
	char raw[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(raw, sizeof(raw), format, ap);
	va_end(ap);
	event->seq = ++e->last;
	event->wall_us = wall_us;
	event->level = level;
	text_sanitise(event->text, sizeof(event->text), raw, strlen(raw));
}

size_t events_since(const struct events *e, uint64_t since, struct event *out, size_t n)
{
	uint64_t first = e->last > EVENTS_KEPT ? e->last - EVENTS_KEPT : 0;
	size_t taken = 0;

	if (since > first)
		first = since;
	while (taken < n && first + taken < e->last) {
		out[taken] = e->ring[(first + taken) % EVENTS_KEPT];
		taken++;
	}
	return taken;
}
