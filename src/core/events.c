#include "core/events.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static void add(struct events *e, int64_t wall_us, enum event_level level,
	const struct event_about *about, const char *format, va_list ap)
{
	struct event *event = &e->ring[e->last % EVENTS_KEPT];
	char raw[512];

	vsnprintf(raw, sizeof(raw), format, ap);
	*event = (struct event){.seq = ++e->last,
		.wall_us = wall_us,
		.level = level,
		.outcome = about->outcome,
		.line = about->line,
		.group = about->group};
	text_sanitise(event->text, sizeof(event->text), raw, strlen(raw));
	if (about->endpoint)
		snprintf(event->endpoint, sizeof(event->endpoint), "%s", about->endpoint);
}

void events_add(struct events *e, int64_t wall_us, enum event_level level, const char *format, ...)
{
	static const struct event_about nothing = {.outcome = OUTCOME_OK};
	va_list ap;

	va_start(ap, format);
	add(e, wall_us, level, &nothing, format, ap);
	va_end(ap);
}

void events_add_about(struct events *e, int64_t wall_us, enum event_level level,
	const struct event_about *about, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	add(e, wall_us, level, about, format, ap);
	va_end(ap);
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
