#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "canvas.h"
#include "find.h"
#include "phrases.h"

enum { READ_AT_ONCE = 64 };

void log_free(struct log *l)
{
	free(l->event);
	free(l->row);
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
	free(l->row);
	l->row = NULL;
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

/* ---- rows ---- */

static enum log_level level_of(const struct event *e)
{
	return e->level == EVENT_ERROR     ? LOG_ERRORS
	       : e->level == EVENT_WARNING ? LOG_WARNINGS
					   : LOG_ALL;
}

static bool is_shown(const struct log *l, const struct event *e)
{
	return level_of(e) >= l->level &&
	       (!l->filter[0] || find_text(e->text, strlen(e->text), l->filter));
}

/* The row of the same kind since the last event that is no failed attempt; NULL: there is none. */
static struct log_row *row_to_fold(const struct log *l, size_t n, const struct event *e)
{
	if (l->unfolded || e->outcome == OUTCOME_OK)
		return NULL;
	while (n--) {
		const struct event *first = &l->event[l->row[n].first];

		if (first->outcome == OUTCOME_OK)
			return NULL;
		if (first->outcome == e->outcome && first->level == e->level)
			return &l->row[n];
	}
	return NULL;
}

/* Makes the rows anew when there are other events or other ones are to be shown. */
static void find_matches(struct log *l)
{
	size_t n = 0;

	if (l->row && l->matched == l->seq)
		return;
	if (!l->row)
		l->row = xcalloc(LOG_KEPT, sizeof(*l->row));
	for (size_t i = 0; i < l->n; i++) {
		struct log_row *row;

		if (!is_shown(l, &l->event[i]))
			continue;
		row = row_to_fold(l, n, &l->event[i]);
		if (!row) {
			row = &l->row[n++];
			*row = (struct log_row){.first = (uint32_t)i};
		}
		row->last = (uint32_t)i;
		row->count++;
	}
	l->list.total = n;
	l->matched = l->seq;
}

/* The place of the selected row, or of the next younger one. */
static uint64_t place_of_selected(const struct log *l)
{
	uint64_t low = 0, high = l->list.total;

	while (low < high) {
		uint64_t mid = low + (high - low) / 2;

		if (l->event[l->row[mid].first].seq < l->selected)
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

/* Other rows are shown from now on. */
static void start_over(struct log *l)
{
	free(l->row);
	l->row = NULL;
}

void log_filter(struct log *l, const char *text)
{
	snprintf(l->filter, sizeof(l->filter), "%s", text);
	start_over(l);
}

static const char *const level_names[LOG_LEVELS] = {
	[LOG_ALL] = "all", [LOG_WARNINGS] = "warnings", [LOG_ERRORS] = "errors"};

const char *log_level_name(enum log_level level)
{
	return level_names[level];
}

bool log_show_level(struct log *l, const char *name)
{
	int level = strcmp(name, "next") ? 0 : (l->level + 1) % LOG_LEVELS;

	while (strcmp(name, "next") != 0 && level < LOG_LEVELS &&
		strcmp(name, level_names[level]) != 0)
		level++;
	if (level == LOG_LEVELS)
		return false;
	l->level = (enum log_level)level;
	start_over(l);
	return true;
}

void log_fold(struct log *l, bool fold)
{
	l->unfolded = !fold;
	start_over(l);
}

const struct log_row *log_selected(const struct log *l)
{
	return l->row && l->list.cursor < l->list.total ? &l->row[l->list.cursor] : NULL;
}

const char *log_text(
	const struct log *l, const struct log_row *row, bool utf8, char *out, size_t size)
{
	const struct event *last = &l->event[row->last];
	char clock[PHRASE_SIZE];

	if (row->count == 1)
		snprintf(out, size, "%s", last->text);
	else
		snprintf(out, size, "%s %s%u until %s, last %s", outcome_label(last->outcome),
			utf8 ? "\303\227" : "x", row->count, phrase_time(last->wall_us, clock),
			last->text);
	return out;
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
		l->list.cursor + 1 < l->list.total ? l->event[l->row[l->list.cursor].first].seq : 0;
	return true;
}
