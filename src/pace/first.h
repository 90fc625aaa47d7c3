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

/* May a live call, or a run's request, start as far as the other kind is concerned? runs_wait: at
 * this limit. */
static inline bool first_may_start(const struct first *f, bool live, bool runs_wait)
{
	bool live_turn = f->ahead < FIRST_OF - 1;

	return live ? live_turn || !runs_wait : !live_turn || !f->waiting;
}

/* One of this kind has started. */
static inline void first_started(struct first *f, bool live, bool runs_wait)
{
	f->ahead = live && runs_wait ? f->ahead + 1 : 0;
}

#endif
