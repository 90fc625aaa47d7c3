#include "pace/fair.h"

#include <math.h>
#include <stddef.h>

void fair_init(struct fair *f)
{
	*f = (struct fair){.turn = NULL};
	TAILQ_INIT(&f->users);
}

static void find_least_weight(struct fair *f)
{
	const struct fair_user *u;

	f->least_weight = INFINITY;
	TAILQ_FOREACH (u, &f->users, next)
		f->least_weight = fmin(f->least_weight, u->weight);
}

void fair_join(struct fair *f, struct fair_user *u, double weight)
{
	*u = (struct fair_user){.weight = weight, .welcome = FAIR_WELCOME};
	f->newcomers++;
	TAILQ_INSERT_TAIL(&f->users, u, next);
	f->n++;
	if (!f->turn)
		f->turn = u;
	find_least_weight(f);
}

static struct fair_user *after(const struct fair *f, struct fair_user *u)
{
	struct fair_user *next = TAILQ_NEXT(u, next);

	return next ? next : TAILQ_FIRST(&f->users);
}

void fair_leave(struct fair *f, struct fair_user *u)
{
	fair_rest(f, u);
	if (f->turn == u)
		f->turn = after(f, u);
	TAILQ_REMOVE(&f->users, u, next);
	f->n--;
	f->newcomers -= u->welcome > 0;
	if (!f->n)
		f->turn = NULL;
	find_least_weight(f);
}

/* Gives the turn to the first user with credit who waits, or who asks. The user with the least
 * weight gets a credit of 1 each time that its turn comes. */
static void settle(struct fair *f, const struct fair_user *asks)
{
	struct fair_user *newcomer;

	if (f->newcomers)
		TAILQ_FOREACH (newcomer, &f->users, next)
			if (newcomer->welcome && (newcomer->waits || newcomer == asks)) {
				f->turn = newcomer;
				return;
			}
	for (;;) {
		struct fair_user *u = f->turn;

		if (!u->waits && u != asks)
			u->credit = 0;
		else if (u->credit >= 1)
			return;
		f->turn = after(f, u);
		if (f->turn->waits || f->turn == asks)
			f->turn->credit += f->turn->weight / f->least_weight;
	}
}

bool fair_may_start(struct fair *f, struct fair_user *u)
{
	if (f->waiting - u->waits == 0)
		return true;
	settle(f, u);
	return f->turn == u;
}

bool fair_is_next(struct fair *f, const struct fair_user *u)
{
	if (!u->waits)
		return false;
	settle(f, NULL);
	return f->turn == u;
}

void fair_wait(struct fair *f, struct fair_user *u)
{
	f->waiting += !u->waits;
	u->waits = true;
}

void fair_rest(struct fair *f, struct fair_user *u)
{
	f->waiting -= u->waits;
	u->waits = false;
	u->credit = 0;
	if (f->told == u)
		f->told = NULL;
}

void fair_started(struct fair *f, struct fair_user *u)
{
	f->waiting -= u->waits;
	u->waits = false;
	if (!u->welcome)
		u->credit = fmax(0, u->credit - 1);
	else if (!--u->welcome)
		f->newcomers--;
	f->told = NULL;
}

void fair_changed(struct fair *f)
{
	f->told = NULL;
}

struct fair_user *fair_next(struct fair *f)
{
	if (!f->waiting)
		return NULL;
	settle(f, NULL);
	if (f->told == f->turn)
		return NULL;
	f->told = f->turn;
	return f->turn;
}
