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

static bool wants(const struct fair_user *u)
{
	return u->waits || u->asks;
}

/* A run that waits, or asks, and has starts of its welcome left; NULL: there is none. */
static struct fair_user *newcomer(const struct fair *f)
{
	struct fair_user *u;

	if (!f->newcomers)
		return NULL;
	TAILQ_FOREACH (u, &f->users, next)
		if (u->welcome && wants(u))
			return u;
	return NULL;
}

/* Gives the turn to the first user with credit who waits, or who asks. The user with the least
 * weight gets a credit of 1 each time that its turn comes. */
static void settle(struct fair *f)
{
	struct fair_user *u = newcomer(f);

	if (u)
		f->turn = u;
	while (!u && f->turn) {
		if (!wants(f->turn))
			f->turn->credit = 0;
		else if (f->turn->credit >= 1)
			return;
		f->turn = after(f, f->turn);
		if (wants(f->turn))
			f->turn->credit += f->turn->weight / f->least_weight;
	}
}

bool fair_may_start(struct fair *f, struct fair_user *u)
{
	if (f->waiting - u->waits == 0)
		return true;
	u->asks = true;
	settle(f);
	u->asks = false;
	return f->turn == u;
}

bool fair_is_next(struct fair *f, const struct fair_user *u)
{
	if (!u->waits)
		return false;
	settle(f);
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
	settle(f);
	if (f->told == f->turn)
		return NULL;
	f->told = f->turn;
	return f->turn;
}
