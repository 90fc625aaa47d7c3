/* What lies ahead of a run: the time left, what keeps everything from starting, and what the time
 * leaves out. */
#ifndef SLUICE_CORE_OUTLOOK_H
#define SLUICE_CORE_OUTLOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "words.h"

struct engine;

/* The lanes that may send; a change of them is a change of limits. A short hold of one of several
 * is none: it is part of the pace. */
struct open_lanes {
	bool any;   /* lanes were used at all */
	bool open;  /* one may send */
	bool stuck; /* what is left is for those that may not, or a stage that rows need is */
	int64_t changed_us, looked_us;
};

struct outlook {
	enum standstill standstill;
	int64_t eta_low_us, eta_high_us; /* time left; -1: not known, or there is no end in sight */
	uint64_t left_out;               /* items that this does not count: they are held */
};

/* To be called once a turn: this bound is in force. */
void outlook_note(struct engine *e, enum bound bound);
/* remaining: items without a final state, as far as is known. */
void outlook(const struct engine *e, uint64_t remaining, struct outlook *out);

#endif
