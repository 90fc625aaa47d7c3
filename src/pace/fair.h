/* Fair turns at a limit that several runs share, on two levels: owners share by their weights, and
 * the runs of an owner share what it gets by theirs. Both are deficit round robin (Shreedhar and
 * Varghese, 1995, https://doi.org/10.1145/217391.217453): who waits collects credit by its weight
 * each time that its turn comes; a start costs 1. A run alone, or beside runs that do not wait,
 * starts at once, and gathers no credit for later.
 *
 * The first FAIR_WELCOME starts of a run go before those of the owner's other runs, so that a short
 * run is over soon. An owner has as many before other owners, and regains one with each
 * FAIR_WELCOME starts while it has none to make: many short runs bring no larger share than that.
 * Pure, but for the memory of owners. */
#ifndef SLUICE_PACE_FAIR_H
#define SLUICE_PACE_FAIR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

enum { FAIR_WELCOME = 16 };

struct fair_owner;

struct fair_user {
	TAILQ_ENTRY(fair_user) next;
	struct fair_owner *owner;
	double weight; /* above 0 */
	double credit;
	int welcome; /* starts that are left of its first */
	bool waits;  /* it would start, but the limit or another's turn held it back */
};

TAILQ_HEAD(fair_users, fair_user);
TAILQ_HEAD(fair_owners, fair_owner);

struct fair {
	struct fair_owners owners;
	struct fair_owner *turn; /* whose turn it is; NULL: there is nobody */
	struct fair_user *told;  /* fair_next() returned it, and nothing has changed since */
	struct fair_user *asks;  /* during fair_may_start() */
	int n, waiting;          /* users */
	uint64_t starts;
	double least_weight; /* of the owners */
};

/* Whose runs share, and with what weight. All 0: a run without an owner, of the usual weight. */
struct fair_share {
	uint64_t owner;      /* a number that names it */
	double owner_weight; /* 0: 1; the latest is that of all its runs */
	double weight;       /* of the run; 0: 1 */
};

/* Nobody uses the limit. */
void fair_init(struct fair *f);
/* Adds a user, whose memory the caller keeps. */
void fair_join(struct fair *f, struct fair_user *u, const struct fair_share *share);
/* When the last one leaves, the owners are forgotten. */
void fair_leave(struct fair *f, struct fair_user *u);
/* The user has another share from now on. */
void fair_change(struct fair *f, struct fair_user *u, const struct fair_share *share);

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
