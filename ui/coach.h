/* The line of coaching that a demo shows: what happens at present, and which key helps. It follows
 * the snapshot alone; something new waits until the line before was read, unless it matters more.
 * Pure. */
#ifndef SLUICE_UI_COACH_H
#define SLUICE_UI_COACH_H

#include <stdbool.h>
#include <stdint.h>

#include "port.h"

struct coach {
	bool on;
	const char *text; /* of the line that is shown; NULL: none yet */
	int shown;        /* its place among the lines */
	int64_t since_us; /* when it came */
	uint32_t told;    /* a bit for each line that was shown */
	bool was_down;    /* the server was, at some time */
	double best;      /* answers a second in the best moment so far */
};

/* Chooses the line of now. */
void coach_update(struct coach *c, const struct snapshot *s);

#endif
