#include "control/watcher.h"

#include "base/clock.h"
#include "control/control_impl.h"

/* A query that nobody has read for this long frees its memory. */
#define FORGOTTEN_US US_PER_MIN

/* One that was read within this time is in use, and makes no room for another. */
#define IN_USE_US (2 * US_PER_S)

void watcher_init_near(struct watcher *w, struct control *c)
{
	*w = (struct watcher){.control = c,
		.n = 2,
		.open_cost = QUERY_OPEN_COST,
		.read_cost = QUERY_STEP_COST,
		.act_cost = 2 * QUERY_OPEN_COST,
		.row_cost = INT64_MAX,
		.fact_cost = QUERY_STEP_COST};
}

void watcher_init_far(struct watcher *w, struct control *c)
{
	*w = (struct watcher){.control = c,
		.n = WATCHER_QUERIES,
		.shared = true,
		.open_cost = QUERY_STEP_COST / 2,
		.read_cost = QUERY_STEP_COST / 2,
		.act_cost = QUERY_STEP_COST / 2,
		.row_cost = QUERY_STEP_COST / 2,
		.fact_cost = INT64_MAX};
}

void watcher_free(struct watcher *w)
{
	for (int i = 0; i < w->n; i++)
		query_close(&w->query[i]);
}

/* The query, else the place of one that is not open, else of the one that was not read for the
 * longest time. */
static struct query *find(struct watcher *w, const struct item_query *asked, int64_t now_us)
{
	struct query *oldest = &w->query[0];

	for (int i = 0; i < w->n; i++) {
		struct query *q = &w->query[i];

		if (query_is(q, asked))
			return q;
		if (oldest->open && (!q->open || q->asked_us < oldest->asked_us))
			oldest = q;
	}
	if (w->shared && oldest->open && now_us - oldest->asked_us < IN_USE_US)
		return NULL;
	return oldest;
}

/* An order of values is large: one is enough for one operator. */
static void make_room(struct watcher *w, const struct query *fresh)
{
	for (int i = 0; i < w->n && !w->shared && fresh->ordered; i++)
		if (&w->query[i] != fresh && w->query[i].ordered)
			query_close(&w->query[i]);
}

struct query *watcher_query(struct watcher *w, const struct item_query *asked)
{
	const struct query_reader reader = control_reader(w->control);
	const struct engine *e = w->control->engine;
	struct query *q = find(w, asked, e->now_us);
	int64_t cost = w->read_cost;

	if (!q)
		return NULL;
	if (!query_is(q, asked)) {
		query_open(q, asked, &e->items, e->now_us);
		for (int i = 0; i < w->n; i++)
			if (&w->query[i] != q)
				query_learn(q, &w->query[i], &e->items);
		make_room(w, q);
		cost = w->open_cost;
	}
	q->asked_us = e->now_us;
	query_step(q, &e->items, &reader, cost);
	query_take_changes(q, &e->items, &reader);
	return q;
}

/* The index of a query with items to scan; -1: none. */
static int unfinished(const struct watcher *w)
{
	const struct items *items = &w->control->engine->items;

	for (int i = 0; i < w->n; i++)
		if (!query_complete(&w->query[i], items))
			return i;
	return -1;
}

bool watcher_has_background(const struct watcher *w)
{
	return unfinished(w) >= 0;
}

void watcher_step(struct watcher *w)
{
	const struct query_reader reader = control_reader(w->control);
	int i = unfinished(w);

	if (i >= 0)
		query_step(&w->query[i], &w->control->engine->items, &reader, QUERY_STEP_COST);
}

void watcher_tick(struct watcher *w, int64_t now_us)
{
	const struct query_reader reader = control_reader(w->control);
	const struct items *items = &w->control->engine->items;

	for (int i = 0; i < w->n; i++) {
		struct query *q = &w->query[i];

		if (q->open && now_us - q->asked_us > FORGOTTEN_US)
			query_close(q);
		if (query_complete(q, items))
			query_refresh(q, items, &reader, now_us);
	}
}
