#include "pace/fair.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/alloc.h"

struct fair_owner {
	TAILQ_ENTRY(fair_owner) next;
	uint64_t id;
	double weight;
	double credit;
	int welcome;         /* starts before other owners */
	uint64_t idle_since; /* starts of the limit when it had none to make, less those regained */
	struct fair_users users;
	struct fair_user *turn;
	int n, waiting;      /* users */
	int newcomers;       /* users with a welcome left */
	double least_weight; /* of the users */
};

void fair_init(struct fair *f)
{
	*f = (struct fair){.turn = NULL};
	TAILQ_INIT(&f->owners);
}

static void find_least_weight(struct fair_owner *o)
{
	const struct fair_user *u;

	o->least_weight = INFINITY;
	TAILQ_FOREACH (u, &o->users, next)
		o->least_weight = fmin(o->least_weight, u->weight);
}

/* Of the owners that have users. */
static void find_least_owner(struct fair *f)
{
	const struct fair_owner *o;

	f->least_weight = INFINITY;
	TAILQ_FOREACH (o, &f->owners, next)
		if (o->n)
			f->least_weight = fmin(f->least_weight, o->weight);
}

static struct fair_owner *owner_of(struct fair *f, uint64_t id)
{
	struct fair_owner *o;

	TAILQ_FOREACH (o, &f->owners, next)
		if (o->id == id)
			return o;
	o = xcalloc(1, sizeof(*o));
	o->id = id;
	o->welcome = FAIR_WELCOME;
	o->idle_since = f->starts;
	TAILQ_INIT(&o->users);
	TAILQ_INSERT_TAIL(&f->owners, o, next);
	if (!f->turn)
		f->turn = o;
	return o;
}

static void enter(struct fair *f, struct fair_user *u, const struct fair_share *share)
{
	struct fair_owner *o = owner_of(f, share->owner);

	o->weight = share->owner_weight > 0 ? share->owner_weight : 1;
	u->owner = o;
	u->weight = share->weight > 0 ? share->weight : 1;
	TAILQ_INSERT_TAIL(&o->users, u, next);
	o->n++;
	o->newcomers += u->welcome > 0;
	if (!o->turn)
		o->turn = u;
	find_least_weight(o);
	find_least_owner(f);
}

void fair_join(struct fair *f, struct fair_user *u, const struct fair_share *share)
{
	*u = (struct fair_user){.welcome = FAIR_WELCOME};
	enter(f, u, share);
	f->n++;
}

static struct fair_user *user_after(const struct fair_owner *o, struct fair_user *u)
{
	struct fair_user *next = TAILQ_NEXT(u, next);

	return next ? next : TAILQ_FIRST(&o->users);
}

static struct fair_owner *owner_after(const struct fair *f, struct fair_owner *o)
{
	struct fair_owner *next = TAILQ_NEXT(o, next);

	return next ? next : TAILQ_FIRST(&f->owners);
}

static void exit_owner(struct fair *f, struct fair_user *u)
{
	struct fair_owner *o = u->owner;

	fair_rest(f, u);
	if (o->turn == u)
		o->turn = user_after(o, u);
	TAILQ_REMOVE(&o->users, u, next);
	o->n--;
	o->newcomers -= u->welcome > 0;
	if (!o->n)
		o->turn = NULL;
	find_least_weight(o);
	find_least_owner(f);
}

static void forget_owners(struct fair *f)
{
	struct fair_owner *o;

	while ((o = TAILQ_FIRST(&f->owners))) {
		TAILQ_REMOVE(&f->owners, o, next);
		free(o);
	}
	f->turn = NULL;
}

void fair_leave(struct fair *f, struct fair_user *u)
{
	exit_owner(f, u);
	if (!--f->n)
		forget_owners(f);
}

void fair_change(struct fair *f, struct fair_user *u, const struct fair_share *share)
{
	exit_owner(f, u);
	enter(f, u, share);
}

/* ---- turns ---- */

static bool wants(const struct fair *f, const struct fair_user *u)
{
	return u->waits || u == f->asks;
}

static bool owner_wants(const struct fair *f, const struct fair_owner *o)
{
	return o->waiting || (f->asks && f->asks->owner == o);
}

static void set_waits(struct fair *f, struct fair_user *u, bool waits)
{
	int by = waits - u->waits;

	u->waits = waits;
	f->waiting += by;
	u->owner->waiting += by;
	if (by < 0 && !u->owner->waiting)
		u->owner->idle_since = f->starts;
}

/* An owner without starts to make regains welcomes. */
static void regain(const struct fair *f, struct fair_owner *o)
{
	uint64_t due = o->waiting ? 0 : (f->starts - o->idle_since) / FAIR_WELCOME;

	if (!due)
		return;
	o->idle_since += due * FAIR_WELCOME;
	o->welcome =
		due < (uint64_t)(FAIR_WELCOME - o->welcome) ? o->welcome + (int)due : FAIR_WELCOME;
}

/* The first that wants to start and has starts of its welcome left; NULL: there is none. */
static struct fair_user *new_user(const struct fair *f, const struct fair_owner *o)
{
	struct fair_user *u;

	if (!o->newcomers)
		return NULL;
	TAILQ_FOREACH (u, &o->users, next)
		if (u->welcome && wants(f, u))
			return u;
	return NULL;
}

/* Gives the owner's turn to the first user with credit that wants it; there is one that does. The
 * user with the least weight gets a credit of 1 each time that its turn comes. */
static struct fair_user *settle_users(const struct fair *f, struct fair_owner *o)
{
	struct fair_user *u = new_user(f, o);

	if (u)
		o->turn = u;
	while (!u) {
		if (!wants(f, o->turn))
			o->turn->credit = 0;
		else if (o->turn->credit >= 1)
			break;
		o->turn = user_after(o, o->turn);
		if (wants(f, o->turn))
			o->turn->credit += o->turn->weight / o->least_weight;
	}
	return o->turn;
}

static struct fair_owner *new_owner(const struct fair *f)
{
	struct fair_owner *o;

	TAILQ_FOREACH (o, &f->owners, next)
		if (o->welcome && owner_wants(f, o))
			return o;
	return NULL;
}

/* The same for the turn among owners. */
static struct fair_owner *settle_owners(struct fair *f)
{
	struct fair_owner *o = new_owner(f);

	if (o)
		f->turn = o;
	while (!o) {
		if (!owner_wants(f, f->turn))
			f->turn->credit = 0;
		else if (f->turn->credit >= 1)
			break;
		f->turn = owner_after(f, f->turn);
		if (owner_wants(f, f->turn))
			f->turn->credit += f->turn->weight / f->least_weight;
	}
	return f->turn;
}

/* The user whose turn it is; one at least wants to start. Mostly there is one owner. */
static struct fair_user *settle(struct fair *f)
{
	bool alone = !TAILQ_NEXT(TAILQ_FIRST(&f->owners), next);

	return settle_users(f, alone ? f->turn : settle_owners(f));
}

bool fair_may_start(struct fair *f, struct fair_user *u)
{
	bool may;

	if (f->waiting - u->waits == 0)
		return true;
	regain(f, u->owner);
	f->asks = u;
	may = settle(f) == u;
	f->asks = NULL;
	return may;
}

bool fair_is_next(struct fair *f, const struct fair_user *u)
{
	return u->waits && settle(f) == u;
}

void fair_wait(struct fair *f, struct fair_user *u)
{
	regain(f, u->owner);
	set_waits(f, u, true);
}

void fair_rest(struct fair *f, struct fair_user *u)
{
	set_waits(f, u, false);
	u->credit = 0;
	if (f->told == u)
		f->told = NULL;
}

void fair_started(struct fair *f, struct fair_user *u)
{
	struct fair_owner *o = u->owner;

	f->starts++;
	set_waits(f, u, false);
	if (!u->welcome)
		u->credit = fmax(0, u->credit - 1);
	else if (!--u->welcome)
		o->newcomers--;
	if (o->welcome)
		o->welcome--;
	else
		o->credit = fmax(0, o->credit - 1);
	f->told = NULL;
}

void fair_changed(struct fair *f)
{
	f->told = NULL;
}

struct fair_user *fair_next(struct fair *f)
{
	struct fair_user *u;

	if (!f->waiting)
		return NULL;
	u = settle(f);
	if (f->told == u)
		return NULL;
	f->told = u;
	return u;
}
