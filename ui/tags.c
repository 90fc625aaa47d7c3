#include "tags.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* The place of the line, or where it belongs. */
static size_t place_of(const struct tags *t, uint64_t line)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (t->line[mid] < line)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool tags_has(const struct tags *t, uint64_t line)
{
	size_t at = place_of(t, line);

	return at < t->n && t->line[at] == line;
}

void tags_toggle(struct tags *t, uint64_t line)
{
	size_t at = place_of(t, line);

	if (at < t->n && t->line[at] == line) {
		t->n--;
		memmove(t->line + at, t->line + at + 1, (t->n - at) * sizeof(*t->line));
		return;
	}
	if (t->n == t->room) {
		t->room = t->room ? t->room * 2 : 16;
		t->line = xrealloc(t->line, t->room, sizeof(*t->line));
	}
	memmove(t->line + at + 1, t->line + at, (t->n - at) * sizeof(*t->line));
	t->line[at] = line;
	t->n++;
}

void tags_clear(struct tags *t)
{
	t->n = 0;
}

void tags_free(struct tags *t)
{
	free(t->line);
	*t = (struct tags){0};
}
