#include "pace/lanes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "pace/first.h"
#include "pace/lane_hand.h"
#include "pace/lane_impl.h"

struct share {
	LIST_ENTRY(share) next;
	struct lanes *lanes;
	const void *run;
	int joined;
	struct fair_share share;
	uint64_t asked; /* lanes, a bit each, since share_asked() */
	bool asked_limits;
	struct fair_user of_limits, of_lane[LANES_MOST]; /* not of a live one */
	bool live;                                       /* goes before the others */
	bool told;         /* no run has started since lanes_next_run() returned it */
	uint64_t waits;    /* a live one: lanes, a bit each, where it would start */
	bool waits_limits; /* the same at the common limits */
};

struct lanes {
	int n;
	struct {
		struct lane *lane;
		char model[LANE_MODEL_SIZE];
		bool named; /* a model has it */
		struct first first;
	} at[LANES_MOST];
	struct first first; /* at the common limits */
	struct model_limit *limit;
	size_t limits;
	LIST_HEAD(, share) shares;
	int n_shares;
};

static double rpm_of(const struct lanes *lanes, const char *model)
{
	for (size_t i = 0; i < lanes->limits; i++)
		if (!strcmp(lanes->limit[i].model, model))
			return lanes->limit[i].rpm;
	return 0;
}

struct lanes *lanes_new(const struct lane_config *config, const struct model_limit *limits,
	size_t n, int64_t now_us)
{
	struct lanes *lanes = xcalloc(1, sizeof(*lanes));

	lanes->n = 1;
	lanes->at[0].lane = lane_new(config, now_us);
	LIST_INIT(&lanes->shares);
	if (!n)
		return lanes;
	lanes->limits = n;
	lanes->limit = xcalloc(n, sizeof(*limits));
	memcpy(lanes->limit, limits, n * sizeof(*limits));
	return lanes;
}

void lanes_free(struct lanes *lanes)
{
	if (!lanes)
		return;
	for (int i = 0; i < lanes->n; i++)
		lane_free(lanes->at[i].lane);
	free(lanes->limit);
	free(lanes);
}

static int find(const struct lanes *lanes, const char *model)
{
	for (int i = 0; i < lanes->n; i++)
		if (lanes->at[i].named && !strcmp(lanes->at[i].model, model))
			return i;
	return -1;
}

static void name(struct lanes *lanes, int64_t now_us, int i, const char *model)
{
	snprintf(lanes->at[i].model, sizeof(lanes->at[i].model), "%s", model);
	lanes->at[i].named = true;
	lane_set_model_rpm(lanes->at[i].lane, now_us, rpm_of(lanes, model));
}

int lanes_of_model(struct lanes *lanes, int64_t now_us, const char *model)
{
	int i = find(lanes, model);
	struct share *s;

	if (i >= 0)
		return i;
	if (!lanes->at[0].named) {
		name(lanes, now_us, 0, model);
		return 0;
	}
	if (lanes->n == LANES_MOST)
		return LANES_MOST - 1;
	i = lanes->n++;
	lanes->at[i].lane = lane_beside(lanes->at[0].lane, now_us);
	LIST_FOREACH (s, &lanes->shares, next)
		if (!s->live)
			fair_join(&lanes->at[i].lane->fair, &s->of_lane[i], &s->share);
	name(lanes, now_us, i, i < LANES_MOST - 1 ? model : LANES_OTHER_MODELS);
	return i;
}

int lanes_count(const struct lanes *lanes)
{
	return lanes->n;
}

struct lane *lanes_at(const struct lanes *lanes, int i)
{
	return lanes->at[i].lane;
}

const char *lanes_model(const struct lanes *lanes, int i)
{
	return lanes->at[i].model;
}

/* ---- shares ---- */

/* The share that the run has joined once more; NULL: it has none. */
static struct share *join_again(struct lanes *lanes, const void *run)
{
	struct share *s;

	LIST_FOREACH (s, &lanes->shares, next)
		if (s->run == run) {
			s->joined++;
			return s;
		}
	return NULL;
}

static struct share *new_share(struct lanes *lanes, const void *run)
{
	struct share *s = xcalloc(1, sizeof(*s));

	s->lanes = lanes;
	s->run = run;
	s->joined = 1;
	LIST_INSERT_HEAD(&lanes->shares, s, next);
	lanes->n_shares++;
	return s;
}

struct share *lanes_join_live(struct lanes *lanes, const void *run)
{
	struct share *s = join_again(lanes, run);

	if (!s)
		s = new_share(lanes, run);
	s->live = true;
	return s;
}

struct share *lanes_join(struct lanes *lanes, const void *run, const struct fair_share *share)
{
	struct share *s = join_again(lanes, run);

	if (s)
		return s;
	s = new_share(lanes, run);
	s->share = *share;
	fair_join(&lanes->at[0].lane->limits->fair, &s->of_limits, share);
	for (int i = 0; i < lanes->n; i++)
		fair_join(&lanes->at[i].lane->fair, &s->of_lane[i], share);
	return s;
}

void share_change(struct share *s, const struct fair_share *to)
{
	struct lanes *lanes = s->lanes;

	s->share = *to;
	fair_change(&lanes->at[0].lane->limits->fair, &s->of_limits, to);
	for (int i = 0; i < lanes->n; i++)
		fair_change(&lanes->at[i].lane->fair, &s->of_lane[i], to);
}

/* A live share waits, or no more, at a lane, or at the common limits. */
static void wait_live(struct share *s, int lane, bool waits)
{
	struct first *f = lane < 0 ? &s->lanes->first : &s->lanes->at[lane].first;
	bool before = lane < 0 ? s->waits_limits : s->waits >> lane & 1;

	f->waiting += waits - before;
	if (lane < 0)
		s->waits_limits = waits;
	else
		s->waits = (s->waits & ~(UINT64_C(1) << lane)) | (uint64_t)waits << lane;
}

/* It waits nowhere but where it asked: runs that gave way may go on. */
static void rest_live(struct share *s, uint64_t asked, bool asked_limits)
{
	struct lanes *lanes = s->lanes;

	for (int i = 0; s->waits & ~asked && i < lanes->n; i++)
		if (s->waits & ~asked & UINT64_C(1) << i) {
			wait_live(s, i, false);
			fair_changed(&lanes->at[i].lane->fair);
		}
	if (asked_limits || !s->waits_limits)
		return;
	wait_live(s, -1, false);
	fair_changed(&lanes->at[0].lane->limits->fair);
}

void lanes_leave(struct lanes *lanes, struct share *s)
{
	if (--s->joined)
		return;
	if (s->live)
		rest_live(s, 0, false);
	else
		fair_leave(&lanes->at[0].lane->limits->fair, &s->of_limits);
	for (int i = 0; !s->live && i < lanes->n; i++)
		fair_leave(&lanes->at[i].lane->fair, &s->of_lane[i]);
	LIST_REMOVE(s, next);
	lanes->n_shares--;
	free(s);
}

/* Waits at a limit. Only who is next there needs to know the time. */
static struct lane_verdict wait_at(
	struct fair *f, struct fair_user *u, const struct lane_verdict *v)
{
	fair_wait(f, u);
	return fair_is_next(f, u) ? *v : (struct lane_verdict){NEVER_US, v->bound};
}

static const struct lane_verdict not_its_turn = {NEVER_US, BOUND_SHARED};

/* May it start, live or not, as far as the other kind is concerned? Of the two limits both kinds
 * take the same view, so that one of them may. */
static bool may_start_now(const struct share *s, int lane)
{
	const struct lanes *lanes = s->lanes;
	const struct lane *l = lanes->at[lane].lane;
	const struct first *own = &lanes->at[lane].first, *all = &lanes->first;
	bool live_turn = first_is_live(own, l->fair.waiting > 0) &&
			 first_is_live(all, l->limits->fair.waiting > 0);

	return s->live ? live_turn : !live_turn || !(own->waiting || all->waiting);
}

/* A live share knows the time itself: nobody but a run whose turn it is goes before it. */
static struct lane_verdict ask_live(
	struct share *s, int lane, int64_t now_us, const struct lane_verdict *v)
{
	const struct lane *l = s->lanes->at[lane].lane;

	s->asked_limits = true;
	if (v->at_us > now_us) {
		wait_live(s, lane_refused_by_limits(l, now_us, v->bound) ? -1 : lane, true);
		return *v;
	}
	if (may_start_now(s, lane))
		return *v;
	wait_live(s, lane, true);
	return not_its_turn;
}

/* It waits for all lanes together: there the turns are. It waits for its lane no more, whose turns
 * would cost it those that it has there. */
static struct lane_verdict wait_at_limits(struct share *s, int lane, const struct lane_verdict *v)
{
	struct lane *l = s->lanes->at[lane].lane;

	s->asked_limits = true;
	if (s->of_lane[lane].waits)
		fair_rest(&l->fair, &s->of_lane[lane]);
	return wait_at(&l->limits->fair, &s->of_limits, v);
}

struct lane_verdict share_ask(struct share *s, int lane, int64_t now_us, double tokens)
{
	struct lane *l = s->lanes->at[lane].lane;
	struct fair_user *own = &s->of_lane[lane];
	struct lane_verdict v = lane_ask(l, now_us, tokens);

	if (s->lanes->n_shares == 1)
		return v;
	s->asked |= UINT64_C(1) << lane;
	if (s->live)
		return ask_live(s, lane, now_us, &v);
	if (v.at_us > now_us && lane_refused_by_limits(l, now_us, v.bound))
		return wait_at_limits(s, lane, &v);
	if (v.at_us > now_us)
		return wait_at(&l->fair, own, &v);
	if (!fair_may_start(&l->fair, own))
		return wait_at(&l->fair, own, &not_its_turn);
	s->asked_limits = true;
	if (!may_start_now(s, lane))
		return s->lanes->at[lane].first.waiting ? wait_at(&l->fair, own, &not_its_turn)
							: wait_at_limits(s, lane, &not_its_turn);
	if (!fair_may_start(&l->limits->fair, &s->of_limits))
		return wait_at_limits(s, lane, &not_its_turn);
	return v;
}

/* A run has started: a live share that gave way may be next. */
static void tell_live(struct lanes *lanes)
{
	struct share *s;

	LIST_FOREACH (s, &lanes->shares, next)
		s->told = false;
}

void share_sent(
	struct share *s, int lane, int64_t now_us, double tokens, struct lane_ticket *ticket)
{
	struct lane *l = s->lanes->at[lane].lane;

	lane_sent(l, now_us, tokens, ticket);
	first_started(&s->lanes->at[lane].first, s->live, l->fair.waiting > 0);
	first_started(&s->lanes->first, s->live, l->limits->fair.waiting > 0);
	if (s->live) {
		wait_live(s, lane, false);
		wait_live(s, -1, false);
		fair_changed(&l->fair);
		fair_changed(&l->limits->fair);
		return;
	}
	tell_live(s->lanes);
	fair_started(&l->fair, &s->of_lane[lane]);
	fair_started(&l->limits->fair, &s->of_limits);
}

void share_asked(struct share *s)
{
	struct lanes *lanes = s->lanes;

	if (lanes->n_shares == 1)
		return;
	if (s->live)
		rest_live(s, s->asked, s->asked_limits);
	for (int i = 0; !s->live && i < lanes->n; i++)
		if (!(s->asked >> i & 1))
			fair_rest(&lanes->at[i].lane->fair, &s->of_lane[i]);
	if (!s->live && !s->asked_limits)
		fair_rest(&lanes->at[0].lane->limits->fair, &s->of_limits);
	s->asked = 0;
	s->asked_limits = false;
}

const void *lanes_next_run(struct lanes *lanes)
{
	struct share *s;

	if (lanes->n_shares < 2)
		return NULL;
	LIST_FOREACH (s, &lanes->shares, next) {
		if (!s->live || s->told || !(s->waits || s->waits_limits))
			continue;
		s->told = true;
		return s->run;
	}
	for (int i = -1; i < lanes->n; i++) {
		const struct fair_user *u = fair_next(
			i < 0 ? &lanes->at[0].lane->limits->fair : &lanes->at[i].lane->fair);

		if (!u)
			continue;
		LIST_FOREACH (s, &lanes->shares, next)
			if (u == (i < 0 ? &s->of_limits : &s->of_lane[i]))
				return s->run;
	}
	return NULL;
}

/* ---- all lanes ---- */

void lanes_tick(struct lanes *lanes, int64_t now_us)
{
	for (int i = 0; i < lanes->n; i++)
		lane_tick(lanes->at[i].lane, now_us);
}

int lanes_concurrency(const struct lanes *lanes)
{
	int most = limits_most_in_flight(lanes->at[0].lane->limits), n = 0;

	for (int i = 0; i < lanes->n && n < most; i++)
		n += lane_concurrency(lanes->at[i].lane);
	return n < most ? n : most;
}

void lanes_forget(struct lanes *lanes, int64_t now_us)
{
	for (int i = 0; i < lanes->n; i++)
		lane_forget(lanes->at[i].lane, now_us);
}

bool lanes_skip_holds(struct lanes *lanes, int64_t now_us)
{
	bool any = false;

	for (int i = 0; i < lanes->n; i++) {
		struct lane *l = lanes->at[i].lane;

		if (!lane_held(l, now_us))
			continue;
		lane_skip_hold(l, now_us);
		any = true;
	}
	return any;
}
