#include "session/process.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/keyed_hash.h"

enum { UNUSED_MAX = 64 }; /* a key that changes leaves some behind */

#define TICK_US (90 * US_PER_MS) /* the ticks of several runs count as one */

/* Lanes or a transport, with the number of its users. */
struct shared {
	TAILQ_ENTRY(shared) next;
	struct hash128 id;
	void *what;
	int users;
};

TAILQ_HEAD(shared_list, shared);

struct process {
	struct ev_loop *loop;
	struct run_clock clock;
	struct hash_key key; /* of the ids: they are made of secrets */
	bool has_key;
	TAILQ_HEAD(, process_run) runs;
	struct shared_list lanes, transports;
	struct key_sources keys;
	int64_t tick_us;
	bool remains; /* without runs, too */
};

struct process *process_new(struct ev_loop *loop)
{
	struct process *p = xcalloc(1, sizeof(*p));

	p->loop = loop;
	TAILQ_INIT(&p->runs);
	TAILQ_INIT(&p->lanes);
	TAILQ_INIT(&p->transports);
	/* without a key nothing is shared */
	p->has_key = hash_key_make(&p->key, NULL);
	return p;
}

static void free_all(struct shared_list *list, void (*free_one)(void *))
{
	struct shared *s;

	while ((s = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, s, next);
		free_one(s->what);
		free(s);
	}
}

static void free_lanes(void *lanes)
{
	lanes_free(lanes);
}

static void free_transport(void *transport)
{
	transport_free(transport);
}

void process_free(struct process *p)
{
	if (!p)
		return;
	free_all(&p->transports, free_transport);
	free_all(&p->lanes, free_lanes);
	key_sources_free(&p->keys);
	free(p);
}

void process_remain(struct process *p)
{
	p->remains = true;
}

bool process_remains(const struct process *p)
{
	return p->remains;
}

/* What has no id is not found again. */
static bool keeps(const struct process *p)
{
	return p->remains && p->has_key;
}

struct ev_loop *process_loop(const struct process *p)
{
	return p->loop;
}

struct key_sources *process_keys(struct process *p)
{
	return &p->keys;
}

struct run_clock *process_clock(struct process *p)
{
	return &p->clock;
}

/* ---- runs ---- */

void process_add(struct process *p, struct process_run *run)
{
	if (TAILQ_EMPTY(&p->runs))
		run_clock_watch(&p->clock, clock_mono_us());
	TAILQ_INSERT_TAIL(&p->runs, run, next);
}

void process_remove(struct process *p, struct process_run *run)
{
	TAILQ_REMOVE(&p->runs, run, next);
	if (TAILQ_EMPTY(&p->runs) && !p->remains)
		ev_break(p->loop, EVBREAK_ALL);
	else if (!TAILQ_EMPTY(&p->runs))
		run_clock_watch(&p->clock, clock_mono_us());
}

void process_wake(struct process *p, struct process_run *run)
{
	ev_timer_stop(p->loop, run->wake);
	ev_timer_set(run->wake, 0., 0.);
	ev_timer_start(p->loop, run->wake);
}

static void wake_named(struct process *p, const void *name)
{
	struct process_run *run;

	TAILQ_FOREACH (run, &p->runs, next)
		if (run->run == name)
			process_wake(p, run);
}

void process_left(struct process *p)
{
	struct process_run *run;

	TAILQ_FOREACH (run, &p->runs, next)
		process_wake(p, run);
}

void process_turned(struct process *p, const struct process_run *run)
{
	const struct shared *s;
	const void *name;

	if (!TAILQ_NEXT(TAILQ_FIRST(&p->runs), next))
		return;
	TAILQ_FOREACH (s, &p->lanes, next)
		while ((name = lanes_next_run(s->what)))
			if (name != run->run)
				wake_named(p, name);
}

void process_tick(struct process *p, int64_t now_us)
{
	const struct shared *s;

	if (now_us - p->tick_us < TICK_US)
		return;
	p->tick_us = now_us;
	TAILQ_FOREACH (s, &p->lanes, next)
		lanes_tick(s->what, now_us);
}

bool process_can_ask(const struct process *p)
{
	const struct shared *s;
	bool any_open = false;

	TAILQ_FOREACH (s, &p->lanes, next)
		for (int i = 0; i < lanes_count(s->what); i++) {
			bool open = lane_breaker_is_open(lanes_at(s->what, i));

			/* a lane that was never asked says nothing */
			if (!open && *lanes_model(s->what, i))
				return true;
			any_open = any_open || open;
		}
	return !any_open;
}

/* ---- what is shared ---- */

static struct shared *find(struct shared_list *list, const struct hash128 *id)
{
	struct shared *s;

	TAILQ_FOREACH (s, list, next)
		if (s->id.low == id->low && s->id.high == id->high)
			return s;
	return NULL;
}

static void add(struct shared_list *list, const struct hash128 *id, void *what)
{
	struct shared *s = xcalloc(1, sizeof(*s));

	*s = (struct shared){.id = *id, .what = what, .users = 1};
	TAILQ_INSERT_TAIL(list, s, next);
}

/* Frees those that were left longest ago. */
static void prune(struct shared_list *list, void (*free_one)(void *))
{
	struct shared *s, *oldest = NULL;
	int n = 0;

	TAILQ_FOREACH (s, list, next) {
		n += !s->users;
		if (!s->users && !oldest)
			oldest = s;
	}
	if (n <= UNUSED_MAX)
		return;
	TAILQ_REMOVE(list, oldest, next);
	free_one(oldest->what);
	free(oldest);
}

/* One user fewer: without any it is freed, unless the process keeps it. False: it is not in the
 * list. */
static bool drop(const struct process *p, struct shared_list *list, const void *what,
	void (*free_one)(void *))
{
	struct shared *s;

	TAILQ_FOREACH (s, list, next)
		if (s->what == what)
			break;
	if (!s)
		return false;
	if (--s->users)
		return true;
	TAILQ_REMOVE(list, s, next);
	if (keeps(p)) {
		TAILQ_INSERT_TAIL(list, s, next);
		prune(list, free_one);
		return true;
	}
	free_one(s->what);
	free(s);
	return true;
}

struct lanes *process_take_lanes(
	struct process *p, const char *identity, size_t len, struct lanes *own)
{
	struct hash128 id = {0};
	struct shared *s = NULL;

	if (p->has_key) {
		id = hash_keyed_wide(&p->key, identity, len);
		s = find(&p->lanes, &id);
	}
	if (!s) {
		add(&p->lanes, &id, own);
		return own;
	}
	s->users++;
	return s->what;
}

bool process_drop_lanes(struct process *p, struct lanes *lanes)
{
	return drop(p, &p->lanes, lanes, free_lanes);
}

static struct hash128 id_of(
	const struct process *p, const struct transport_config *config, transport_done *done)
{
	const struct transport_config *c = config;
	struct hash128 id;
	struct buf text;

	buf_init(&text, SIZE_MAX / 2);
	buf_addf(&text, "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %zu %zu %d %d %d %d",
		c->timeout_us, c->connect_timeout_us, c->first_byte_timeout_us, c->idle_timeout_us,
		c->max_response, c->max_headers, c->max_kept, c->buffer, c->http1_only,
		c->doubt != NULL);
	for (const char *const *h = config->headers; h && *h; h++)
		buf_add(&text, *h, strlen(*h) + 1);
	buf_add(&text, &done, sizeof(done));
	id = hash_keyed_wide(&p->key, text.data, text.len);
	buf_free(&text);
	return id;
}

struct transport *process_take_transport(struct process *p, const struct transport_config *config,
	transport_done *done, struct error *err)
{
	struct hash128 id = {0};
	struct shared *s = NULL;
	struct transport *t;

	if (p->has_key) {
		id = id_of(p, config, done);
		s = find(&p->transports, &id);
	}
	if (s) {
		s->users++;
		return s->what;
	}
	t = transport_new(p->loop, &p->clock, config, done, err);
	if (t)
		add(&p->transports, &id, t);
	return t;
}

void process_drop_transport(struct process *p, struct transport *t, const void *run)
{
	transport_leave(t, run);
	if (!drop(p, &p->transports, t, free_transport))
		transport_free(t);
}
