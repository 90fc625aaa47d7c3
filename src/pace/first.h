/* Who goes first at a limit: live calls, whose clients wait, before runs. While both wait, one
 * start of FIRST_OF is a run's, so that nothing starves. Pure. */
#ifndef SLUICE_PACE_FIRST_H
#define SLUICE_PACE_FIRST_H

#include <stdbool.h>

enum { FIRST_OF = 16 };

struct first {
	int waiting; /* live shares that would start, but the limit or a run's turn held them back
		      */
	int ahead;   /* live starts while runs waited, since a run's last start */
};

/* Is it a live call's turn at this limit, and not that of a run that waits there? */
static inline bool first_is_live(const struct first *f, bool runs_wait)
{
	return f->ahead < FIRST_OF - 1 || !runs_wait;
}

/* One of this kind has started. */
static inline void first_started(struct first *f, bool live, bool runs_wait)
{
	f->ahead = live && runs_wait ? f->ahead + 1 : 0;
}

#endif
