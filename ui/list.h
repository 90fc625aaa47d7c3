/* The place in a list of any length: its shown rows and its selected row. Pure arithmetic, shared
 * by every list and scrolled text. */
#ifndef SLUICE_UI_LIST_H
#define SLUICE_UI_LIST_H

#include <stdbool.h>
#include <stdint.h>

struct list {
	uint64_t total;
	uint64_t first;  /* shown in the first row */
	uint64_t cursor; /* selected */
	int rows;        /* shown at once */
};

/* Moves the cursor: "+N", "-N", "+page", "-page", "+half", "-half", "home", "end", "@N"
 * (the Nth row shown, from 1); false when it is none of these. */
bool list_move(struct list *l, const char *how);
/* The same for a text, which has no cursor: scrolls it. */
bool list_scroll(struct list *l, const char *how);
/* Takes a new length and height: cursor and first row stay inside, the cursor stays shown. */
void list_fit(struct list *l, uint64_t total, int rows);
/* As list_fit() for a text. */
void list_fit_text(struct list *l, uint64_t total, int rows);
/* The selected thing has moved to another place: it stays on its row of the screen where it can. */
void list_follow(struct list *l, uint64_t place);
/* "11-20 of 345" when not everything is shown, else "345"; within out (48 bytes). */
const char *list_range(const struct list *l, char *out);

#endif
