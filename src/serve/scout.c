#include "serve/scout.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/hash.h"
#include "serve/scout_impl.h"

enum {
	WAITS_MAX = 256,
	ABSENT = 64, /* names that were asked for lately, and are not there */
};

/* How long an answer holds before a client's wish asks again. */
#define FRESH_US  (10 * US_PER_S)
#define ABSENT_US (30 * US_PER_S)
/* How long a run waits for the first lists. */
#define FIRST_US (2 * US_PER_S)

/* An endpoint that could not be asked is asked again soon. */
static const double again_s = 30;

struct absent {
	uint64_t name; /* a hash */
	int64_t at_us;
};

struct side {
	struct slot *slot;
	size_t n;
	struct catalog *catalog;
	struct absent absent[ABSENT];
	unsigned next_absent;
};

struct scout {
	struct scout_config config;
	struct side side[UPSTREAM_SIDES];
	TAILQ_HEAD(scout_waits, scout_wait) waits;
	int n_waits;
	int64_t start_us;
	bool closed;
	ev_timer round, soon;
};

const struct scout_config *scout_configured(const struct scout *s)
{
	return &s->config;
}

/* ---- what is known ---- */

static void fill(const struct slot *slot, struct catalog_endpoint *out)
{
	*out = (struct catalog_endpoint){
		.given = slot->given, .sure = slot->given || slot->sure, .spare = slot->spare};
	model_list_add_all(&out->list, &slot->list);
	model_list_add_all(&out->list, &slot->alias);
	model_list_sort(&out->list);
}

static void publish(struct side *side)
{
	struct catalog *c = catalog_new(side->n);

	for (size_t i = 0; i < side->n; i++)
		fill(&side->slot[i], &c->at[i]);
	catalog_make(c);
	catalog_release(side->catalog);
	side->catalog = c;
}

struct catalog *scout_catalog(const struct scout *s, const struct batch_kind *kind)
{
	return s->side[upstream_index(kind)].catalog;
}

bool scout_has_asked(const struct scout *s, const struct batch_kind *kind)
{
	const struct side *side = &s->side[upstream_index(kind)];
	bool all = true;

	for (size_t i = 0; i < side->n; i++)
		all = all && (side->slot[i].given || side->slot[i].listed);
	return all || side->n < 2 || !s->config.every_us || s->closed ||
	       clock_mono_us() - s->start_us > FIRST_US;
}

/* ---- who waits ---- */

static void end_wait(struct scout *s, struct scout_wait *wait)
{
	TAILQ_REMOVE(&s->waits, wait, next);
	s->n_waits--;
	wait->done(wait->ctx, s->closed ? SCOUT_ENDED : wait->unsure ? SCOUT_UNSURE : SCOUT_ASKED);
	free(wait);
}

/* Was the name asked for a moment ago, and is not there? */
static bool is_absent(const struct side *side, const char *name)
{
	uint64_t hash = hash_bytes(name, strlen(name));
	int64_t now_us = clock_mono_us();

	for (int i = 0; i < ABSENT; i++)
		if (side->absent[i].name == hash && side->absent[i].at_us &&
			now_us - side->absent[i].at_us < ABSENT_US)
			return true;
	return false;
}

static void note_absent(struct side *side, const char *name)
{
	if (is_absent(side, name))
		return;
	side->absent[side->next_absent++ % ABSENT] =
		(struct absent){hash_bytes(name, strlen(name)), clock_mono_us()};
}

/* The lists are there: those who have others may have these names, too. */
static void ask_names(struct scout *s, struct scout_wait *wait)
{
	struct side *side = &s->side[wait->side];

	wait->asking = true;
	for (size_t k = 0; k < wait->names.n; k++) {
		const char *name = wait->names.name[k];

		if (catalog_takes(side->catalog, name, strlen(name)) || is_absent(side, name))
			continue;
		for (size_t i = 0; i < side->n; i++)
			if (!side->slot[i].given && side->slot[i].sure &&
				!slot_name(&side->slot[i], name))
				wait->unsure = true;
	}
}

/* Is an endpoint still asked for one of the names? */
static bool is_asked_for(const struct side *side, const struct scout_wait *wait)
{
	for (size_t k = 0; k < wait->names.n; k++)
		for (size_t i = 0; i < side->n; i++)
			if (slot_asks(&side->slot[i], wait->names.name[k]))
				return true;
	return false;
}

static bool is_listing(const struct side *side)
{
	for (size_t i = 0; i < side->n; i++)
		if (side->slot[i].listing)
			return true;
	return false;
}

static void settle_names(struct side *side, const struct scout_wait *wait)
{
	publish(side);
	for (size_t k = 0; k < wait->names.n; k++) {
		const char *name = wait->names.name[k];

		if (!wait->unsure && !catalog_takes(side->catalog, name, strlen(name)))
			note_absent(side, name);
	}
}

/* One step of each that can go on. */
static void look_after_waits(struct scout *s)
{
	struct scout_wait *wait, *next;

	for (wait = TAILQ_FIRST(&s->waits); wait; wait = next) {
		struct side *side = &s->side[wait->side];

		next = TAILQ_NEXT(wait, next);
		if (!wait->asking && !is_listing(side))
			ask_names(s, wait);
		if (!wait->asking || is_asked_for(side, wait))
			continue;
		settle_names(side, wait);
		end_wait(s, wait);
	}
}

static void rest(struct scout *s)
{
	for (int k = 0; k < UPSTREAM_SIDES; k++)
		for (size_t i = 0; i < s->side[k].n; i++)
			if (LIST_EMPTY(&s->side[k].slot[i].questions))
				slot_rest(&s->side[k].slot[i]);
}

static void on_soon(struct ev_loop *loop, ev_timer *w, int events)
{
	struct scout *s = w->data;

	(void)loop, (void)events;
	look_after_waits(s);
	rest(s);
}

void scout_answered(struct scout *s)
{
	ev_timer_stop(s->config.loop, &s->soon);
	ev_timer_set(&s->soon, 0., 0.);
	ev_timer_start(s->config.loop, &s->soon);
}

/* ---- lists ---- */

/* The next round: soon while an endpoint cannot be asked. */
static void plan_round(struct scout *s)
{
	double in_s = s_from_us(s->config.every_us);

	for (int k = 0; k < UPSTREAM_SIDES; k++)
		for (size_t i = 0; i < s->side[k].n; i++)
			if (s->side[k].slot[i].away && in_s > again_s)
				in_s = again_s;
	ev_timer_stop(s->config.loop, &s->round);
	ev_timer_set(&s->round, in_s, 0.);
	ev_timer_start(s->config.loop, &s->round);
}

void scout_listed(struct slot *slot)
{
	struct scout *s = slot->scout;

	publish(&s->side[slot->side]);
	plan_round(s);
	scout_answered(s);
}

/* Those whose last answer is older than this. */
static void ask_side(struct side *side, int64_t age_us)
{
	int64_t now_us = clock_mono_us();

	for (size_t i = 0; i < side->n; i++) {
		struct slot *slot = &side->slot[i];

		if (!slot->given && !slot->listing &&
			(!slot->listed || now_us - slot->listed_us >= age_us))
			slot_list(slot);
	}
}

static void on_round(struct ev_loop *loop, ev_timer *w, int events)
{
	struct scout *s = w->data;

	(void)loop, (void)events;
	for (int k = 0; k < UPSTREAM_SIDES; k++)
		ask_side(&s->side[k], 0);
	plan_round(s);
}

enum scout_end scout_ask(struct scout *s, const struct batch_kind *kind,
	const struct scout_names *names, scout_done *done, void *ctx)
{
	struct scout_wait *wait;

	if (s->closed)
		return SCOUT_ENDED;
	if (!s->config.every_us || s->n_waits == WAITS_MAX)
		return SCOUT_UNSURE;
	wait = xcalloc(1, sizeof(*wait));
	wait->side = upstream_index(kind);
	wait->names = *names;
	wait->done = done;
	wait->ctx = ctx;
	TAILQ_INSERT_TAIL(&s->waits, wait, next);
	s->n_waits++;
	ask_side(&s->side[wait->side], FRESH_US);
	scout_answered(s);
	return SCOUT_ASKED;
}

/* ---- life ---- */

static void add_given(struct slot *slot, const char *models)
{
	slot->given = true;
	for (const char *at = models; *at;) {
		size_t len = strcspn(at, ",");

		model_list_add(&slot->list, at, len);
		at += len + (at[len] == ',');
	}
	model_list_sort(&slot->list);
}

static void open_slot(struct scout *s, int side, const struct endpoint_spec *spec)
{
	struct slot *slot = &s->side[side].slot[s->side[side].n++];

	slot->scout = s;
	slot->side = side;
	slot->target = s->config.run->target;
	strcpy(slot->name, "default");
	if (!spec)
		return;
	slot->target = endpoint_spec_target(spec, &s->config.run->target);
	memcpy(slot->name, spec->name, sizeof(slot->name));
	slot->one_of_many = true;
	slot->spare = spec->weight <= 0;
	if (spec->models)
		add_given(slot, spec->models);
}

static void open_side(struct scout *s, int k)
{
	const struct upstream_side *from = &s->config.upstream->side[k];
	struct side *side = &s->side[k];

	side->slot = xcalloc(from->specs.n + 1, sizeof(*side->slot));
	for (size_t i = 0; i < from->specs.n; i++)
		open_slot(s, k, &from->specs.at[i]);
	if (from->there && !from->specs.n)
		open_slot(s, k, NULL);
	publish(side);
}

struct scout *scout_new(const struct scout_config *config)
{
	struct scout *s = xcalloc(1, sizeof(*s));

	s->config = *config;
	s->start_us = clock_mono_us();
	TAILQ_INIT(&s->waits);
	ev_timer_init(&s->round, on_round, 0., 0.);
	ev_timer_init(&s->soon, on_soon, 0., 0.);
	s->round.data = s->soon.data = s;
	for (int k = 0; k < UPSTREAM_SIDES; k++)
		open_side(s, k);
	if (config->every_us)
		ev_timer_start(config->loop, &s->round);
	return s;
}

void scout_close(struct scout *s)
{
	struct scout_wait *wait;

	s->closed = true;
	ev_timer_stop(s->config.loop, &s->round);
	ev_timer_stop(s->config.loop, &s->soon);
	while ((wait = TAILQ_FIRST(&s->waits)))
		end_wait(s, wait);
}

void scout_free(struct scout *s)
{
	if (!s)
		return;
	scout_close(s);
	for (int k = 0; k < UPSTREAM_SIDES; k++) {
		for (size_t i = 0; i < s->side[k].n; i++)
			slot_free(&s->side[k].slot[i]);
		free(s->side[k].slot);
		catalog_release(s->side[k].catalog);
	}
	free(s);
}
