#include "list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The target of the movement `how` from a place; false when it is not a movement. The result may be
 * beyond the end. */
static bool target(const struct list *l, uint64_t from, const char *how, uint64_t *to)
{
	uint64_t page = l->rows > 1 ? (uint64_t)l->rows : 1, by;
	char *end;

	if (!strcmp(how, "home") || !strcmp(how, "end")) {
		*to = how[0] == 'h' ? 0 : l->total;
		return true;
	}
	if (*how != '+' && *how != '-')
		return false;
	if (!strcmp(how + 1, "page")) {
		by = page;
	} else if (!strcmp(how + 1, "half")) {
		by = page > 1 ? page / 2 : 1;
	} else {
		by = strtoull(how + 1, &end, 10);
		if (!by || *end || how[1] < '0' || how[1] > '9')
			return false;
	}
	if (*how == '-')
		*to = from > by ? from - by : 0;
	else
		*to = by < UINT64_MAX - from ? from + by : UINT64_MAX;
	return true;
}

static uint64_t last_first(const struct list *l)
{
	uint64_t rows = l->rows > 0 ? (uint64_t)l->rows : 1;

	return l->total > rows ? l->total - rows : 0;
}

/* "@N": the Nth row shown. */
static bool move_to_row(struct list *l, const char *how)
{
	char *end;
	uint64_t row = strtoull(how + 1, &end, 10);

	if (*how != '@' || how[1] < '1' || how[1] > '9' || *end)
		return false;
	if (row <= (uint64_t)l->rows && row <= l->total - l->first)
		l->cursor = l->first + row - 1;
	return true;
}

bool list_move(struct list *l, const char *how)
{
	if (move_to_row(l, how))
		return true;
	if (!target(l, l->cursor, how, &l->cursor))
		return false;
	list_fit(l, l->total, l->rows);
	return true;
}

bool list_scroll(struct list *l, const char *how)
{
	if (!target(l, l->first, how, &l->first))
		return false;
	list_fit_text(l, l->total, l->rows);
	return true;
}

void list_fit_text(struct list *l, uint64_t total, int rows)
{
	l->total = total;
	l->rows = rows;
	if (l->first > last_first(l))
		l->first = last_first(l);
	l->cursor = l->first;
}

void list_fit(struct list *l, uint64_t total, int rows)
{
	uint64_t shown = rows > 0 ? (uint64_t)rows : 1;

	l->total = total;
	l->rows = rows;
	if (l->cursor >= total)
		l->cursor = total ? total - 1 : 0;
	if (l->first > l->cursor)
		l->first = l->cursor;
	if (l->cursor - l->first >= shown)
		l->first = l->cursor - shown + 1;
	if (l->first > last_first(l))
		l->first = last_first(l);
}

void list_follow(struct list *l, uint64_t place)
{
	uint64_t row = l->cursor >= l->first ? l->cursor - l->first : 0;

	l->cursor = place;
	l->first = place > row ? place - row : 0;
}

const char *list_range(const struct list *l, char *out)
{
	uint64_t end = l->first + (uint64_t)(l->rows > 0 ? l->rows : 0);

	if (l->total <= (uint64_t)(l->rows > 0 ? l->rows : 0))
		snprintf(out, 48, "%" PRIu64, l->total);
	else
		snprintf(out, 48, "%" PRIu64 "-%" PRIu64 " of %" PRIu64, l->first + 1,
			end < l->total ? end : l->total, l->total);
	return out;
}
