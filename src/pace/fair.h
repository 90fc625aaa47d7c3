/* Fair turns at a limit that several runs share: deficit round robin (Shreedhar and Varghese, 1995,
 * https://doi.org/10.1145/217391.217453). A run that waits collects credit by its weight each time
 * that its turn comes; a start costs 1. A run alone, or beside runs that do not wait, starts at
 * once, and gathers no credit for later. The first FAIR_WELCOME starts of a run go before those of
 * others, so that a short run is over soon. Pure. */
#ifndef SLUICE_PACE_FAIR_H
#define SLUICE_PACE_FAIR_H

#include <stdbool.h>
#include <sys/queue.h>

enum { FAIR_WELCOME = 16 };

struct fair_user {
	TAILQ_ENTRY(fair_user) next;
	double weight; /* above 0 */
	double credit;
	int welcome; /* starts that are left of its first */
	bool asks;   /* during fair_may_start() */
	bool waits;  /* it would start, but the limit or another's turn held it back */
};

struct fair {
	TAILQ_HEAD(fair_users, fair_user) users;
	struct fair_user *turn; /* whose turn it is; NULL: there is no user */
	struct fair_user *told; /* fair_next() returned it, and nothing has changed since */
	int n, waiting;
	int newcomers;       /* users with a welcome left */
	double least_weight; /* of the users */
};

/* Nobody uses the limit. */
void fair_init(struct fair *f);
/* Adds a user, whose memory the caller keeps. */
void fair_join(struct fair *f, struct fair_user *u, double weight);
void fair_leave(struct fair *f, struct fair_user *u);

/* May the user start, as far as the others are concerned? */
bool fair_may_start(struct fair *f, struct fair_user *u);
/* Does the user wait, and is it its turn? */
bool fair_is_next(struct fair *f, const struct fair_user *u);
/* The user would start, but has to wait. */
void fair_wait(struct fair *f, struct fair_user *u);
/* The user has nothing to start: it loses its turn and its credit. */
void fair_rest(struct fair *f, struct fair_user *u);
/* The user started something. */
void fair_started(struct fair *f, struct fair_user *u);
/* The limit has changed: who waits may try again. */
void fair_changed(struct fair *f);
/* Whose turn it is among those that wait, once for each change; NULL: nobody's, or it was told. */
struct fair_user *fair_next(struct fair *f);

#endif
