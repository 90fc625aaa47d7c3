/* Which batches have the places to send: owners share them by weight, and an owner's batches take
 * them in their order, those that were raised first. An owner that has more than its share gives a
 * place back to one that has less: the newest of its batches stops, and goes on later. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "serve/runner_impl.h"

/* Batches with more lines leave one of so many places, at least one, to those with fewer: a small
 * batch never waits for the end of large ones, whatever their number. */
static const struct {
	uint64_t lines;
	int one_of;
} sizes[RUNNER_SIZES] = {{100, 16}, {1000, 8}, {10000, 4}};

/* How long an owner without a place waits for one, if no owner has two. */
#define TURN_US US_PER_MIN

/* ---- owners ---- */

struct runner_owner *runner_owner(struct runner *r, const char *name)
{
	struct runner_owner *o;

	TAILQ_FOREACH (o, &r->owners, next)
		if (!strcmp(o->name, name))
			break;
	if (!o) {
		o = xcalloc(1, sizeof(*o));
		memcpy(o->name, name, strlen(name));
		if (r->config.book && *name)
			o->client = token_book_client(r->config.book, name);
		TAILQ_INSERT_TAIL(&r->owners, o, next);
	}
	o->runs++;
	return o;
}

void runner_owner_left(struct runner *r, struct runner_owner *o)
{
	if (--o->runs)
		return;
	TAILQ_REMOVE(&r->owners, o, next);
	free(o);
}

static double weight_of(const struct runner_owner *o)
{
	return o->client ? o->client->meter.limits.weight : 1;
}

/* What it would have beside its weight with so many places more. */
static double places_for(const struct runner_owner *o, int more)
{
	return (o->places + more) / weight_of(o);
}

struct fair_share runner_share(const struct batch_run *run)
{
	const struct token_client *c = run->owner->client;

	return (struct fair_share){.owner = c ? c->number : 0,
		.owner_weight = weight_of(run->owner),
		.weight = batch_record_weight(run->batch)};
}

/* ---- places ---- */

static bool is_above(const struct batch_run *run, int size)
{
	return run->batch->counts.total > sizes[size].lines;
}

/* Places for batches above a size. */
static int places_above(const struct runner *r, int size)
{
	int all = r->config.at_once, left = all / sizes[size].one_of;

	return all - (left ? left : all > 1);
}

void runner_count_session(struct batch_run *run, int n)
{
	struct runner *r = run->runner;

	r->sessions += n;
	run->owner->places += n;
	for (int i = 0; i < RUNNER_SIZES; i++)
		if (is_above(run, i))
			r->above[i] += n;
}

static bool is_free(const struct batch_run *run)
{
	const struct runner *r = run->runner;

	for (int i = 0; i < RUNNER_SIZES; i++)
		if (is_above(run, i) && r->above[i] >= places_above(r, i))
			return false;
	return r->sessions < r->config.at_once;
}

/* Does it come before the other, of those that wait? */
static bool goes_before(const struct batch_run *a, const struct batch_run *b)
{
	double of_a = places_for(a->owner, 1), of_b = places_for(b->owner, 1);

	if (a->owner != b->owner && of_a != of_b)
		return of_a < of_b;
	return a->batch->raised && !b->batch->raised;
}

struct batch_run *runner_next(const struct runner *r)
{
	struct batch_run *run, *first = NULL;

	TAILQ_FOREACH (run, &r->runs, next)
		if (run->wants_place && is_free(run) && (!first || goes_before(run, first)))
			first = run;
	return first;
}

/* ---- giving places back ---- */

/* Would the place of the other batch be better given to this one? */
static bool is_due(const struct batch_run *waits, const struct batch_run *sends)
{
	if (waits->owner == sends->owner)
		return waits->batch->raised && !sends->batch->raised;
	if (places_for(waits->owner, 1) <= places_for(sends->owner, -1))
		return true;
	/* there are more owners than places: they take turns */
	return !waits->owner->places && clock_wall_us() - sends->since_us > TURN_US;
}

/* Of an owner's batches those that were not raised go first, then the newest. */
static bool gives_before(const struct batch_run *a, const struct batch_run *b)
{
	double of_a = places_for(a->owner, 0), of_b = places_for(b->owner, 0);

	if (a->owner != b->owner && of_a != of_b)
		return of_a > of_b;
	if (a->owner != b->owner)
		return a->since_us < b->since_us;
	return !a->batch->raised || b->batch->raised;
}

/* Does its end make room for the batch that waits? */
static bool frees(const struct batch_run *sends, const struct batch_run *waits)
{
	for (int i = 0; i < RUNNER_SIZES; i++)
		if (is_above(waits, i) && !is_above(sends, i) &&
			waits->runner->above[i] >= places_above(waits->runner, i))
			return false;
	return true;
}

static struct batch_run *giver_for(const struct batch_run *waits)
{
	const struct runner *r = waits->runner;
	struct batch_run *run, *giver = NULL;

	TAILQ_FOREACH (run, &r->runs, next)
		if (run->session && !run->ended && is_due(waits, run) && frees(run, waits) &&
			(!giver || gives_before(run, giver)))
			giver = run;
	return giver;
}

struct batch_run *runner_giver(const struct runner *r)
{
	struct batch_run *run, *first = NULL;

	TAILQ_FOREACH (run, &r->runs, next) {
		/* one after the other: what stops is counted until its end */
		if (run->session && (run->draining || run->ended))
			return NULL;
		if (run->wants_place && (!first || goes_before(run, first)))
			first = run;
	}
	return first ? giver_for(first) : NULL;
}
