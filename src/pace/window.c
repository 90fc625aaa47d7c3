#include "pace/window.h"

#include <string.h>

/* The slots that reach into a window that ends now: 60 whole ones and the one it starts in. */
enum { SPAN_SLOTS = 61 };

void window_set(struct window *w, int64_t now_us, uint32_t count, int64_t span_us)
{
	memset(w, 0, sizeof(*w));
	if (count == 0 || span_us <= 0)
		return;
	w->limit = count;
	w->slot_us = (span_us + SPAN_SLOTS - 2) / (SPAN_SLOTS - 1);
	w->newest = now_us / w->slot_us;
}

static uint32_t *slot_of(struct window *w, int64_t number)
{
	return &w->slot[number & (WINDOW_SLOTS - 1)];
}

/* Empties the slots that have left the window. */
static void advance(struct window *w, int64_t now_us)
{
	int64_t number = now_us / w->slot_us;

	if (number - w->newest >= SPAN_SLOTS) {
		memset(w->slot, 0, sizeof(w->slot));
		w->used = 0;
		w->newest = number;
	}
	for (; w->newest < number; w->newest++) {
		uint32_t *gone = slot_of(w, w->newest + 1 - SPAN_SLOTS);

		w->used -= *gone;
		*gone = 0;
	}
}

int64_t window_ready_us(struct window *w, int64_t now_us)
{
	uint32_t used;
	int64_t oldest, oldest_us;

	if (w->limit == 0)
		return now_us;
	advance(w, now_us);
	used = w->used;
	oldest = w->newest + 1 - SPAN_SLOTS;
	while (used >= w->limit)
		used -= *slot_of(w, oldest++);
	/* slots before `oldest` have left the window */
	if (oldest == w->newest + 1 - SPAN_SLOTS)
		return w->next_us > now_us ? w->next_us : now_us;
	oldest_us = (oldest - 1 + SPAN_SLOTS) * w->slot_us;
	return w->next_us > oldest_us ? w->next_us : oldest_us;
}

void window_take(struct window *w, int64_t now_us)
{
	if (w->limit == 0)
		return;
	advance(w, now_us);
	++*slot_of(w, w->newest);
	w->used++;
	w->next_us = now_us + w->gap_us;
}

void window_spread(struct window *w)
{
	if (w->limit)
		w->gap_us = w->slot_us * (SPAN_SLOTS - 1) / w->limit;
}
