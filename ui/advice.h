/* What becomes of a kind of failure by itself, and what the operator can do about it. Pure. */
#ifndef SLUICE_UI_ADVICE_H
#define SLUICE_UI_ADVICE_H

#include "port.h"

struct advice {
	const char *next; /* what sluice does; static */
	const char *todo; /* what helps; static */
};

/* Of a group of failures. */
struct advice advice_of(const struct error_group *g);

#endif
