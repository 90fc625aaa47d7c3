#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "canvas.h"
#include "find.h"

enum { READ_AT_ONCE = 64 };

void log_free(struct log *l)
{
	free(l->event);
	free(l->match);
	*l = (struct log){0};
}

/* Makes room for more; drops the oldest quarter when there would be too many. */
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

void log_forget(struct log *l)
{
	free(l->match);
	l->match = NULL;
	l->n = 0;
	l->seq = l->selected = 0;
}

void log_read(struct log *l, const struct port *port, uint64_t last)
{
	if (last < l->seq)
		log_forget(l);
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

/* Looks for the filter's text anew when there are other events or it is another text. */
static void find_matches(struct log *l)
{
	size_t n = 0;

	if (l->match && l->matched == l->seq)
		return;
	if (!l->match)
		l->match = xcalloc(LOG_KEPT, sizeof(*l->match));
	for (size_t i = 0; i < l->n; i++)
		if (!l->filter[0] ||
			find_text(l->event[i].text, strlen(l->event[i].text), l->filter))
			l->match[n++] = (uint32_t)i;
	l->list.total = n;
	l->matched = l->seq;
}

/* The place of the selected event, or of the next younger one. */
static uint64_t place_of_selected(const struct log *l)
{
	uint64_t low = 0, high = l->list.total;

	while (low < high) {
		uint64_t mid = low + (high - low) / 2;

		if (l->event[l->match[mid]].seq < l->selected)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void log_refresh(struct log *l, int rows)
{
	find_matches(l);
	if (l->selected)
		list_follow(&l->list, place_of_selected(l));
	else
		l->list.cursor = l->list.total;
	list_fit(&l->list, l->list.total, rows);
}

void log_filter(struct log *l, const char *text)
{
	snprintf(l->filter, sizeof(l->filter), "%s", text);
	free(l->match);
	l->match = NULL;
}

void log_tint(const struct event *e, char *text, size_t size)
{
	char label[40], rest[sizeof(e->text)];
	char *at;

	if (e->level != EVENT_INFO || e->outcome == OUTCOME_OK)
		return;
	snprintf(label, sizeof(label), ": %s", outcome_label(e->outcome));
	at = strstr(text, label);
	if (!at)
		return;
	snprintf(rest, sizeof(rest), "%s", at + strlen(label));
	snprintf(at, size - (size_t)(at - text), ": " R_WARN "%s" R_TEXT "%s", label + 2, rest);
}

bool log_move(struct log *l, const char *how)
{
	if (!list_move(&l->list, how))
		return false;
	l->selected =
		l->list.cursor + 1 < l->list.total ? l->event[l->match[l->list.cursor]].seq : 0;
	return true;
}
