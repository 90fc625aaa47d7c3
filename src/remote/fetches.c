#include "remote/fetches.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { KEPT = 32, PATIENCE_S = 10, UNAVAILABLE = 503 };

void fetches_init(struct fetches *a, void (*came)(void *ctx), void *ctx)
{
	*a = (struct fetches){.came = came, .ctx = ctx};
	TAILQ_INIT(&a->list);
}

static void forget_value(struct fetch *x)
{
	if (x->value)
		x->kind->free(x->value);
	x->value = NULL;
}

static void forget(struct fetch *x)
{
	struct fetches *a = x->fetches;

	if (x->call)
		link_cancel(a->link, x->call);
	forget_value(x);
	TAILQ_REMOVE(&a->list, x, next);
	a->n--;
	free(x->path);
	free(x);
}

void fetches_clear(struct fetches *a)
{
	while (!TAILQ_EMPTY(&a->list))
		forget(TAILQ_FIRST(&a->list));
}

void fetches_relink(struct fetches *a, struct link *link)
{
	struct fetch *x;

	TAILQ_FOREACH (x, &a->list, next) {
		if (x->call)
			link_cancel(a->link, x->call);
		x->call = NULL;
	}
	a->link = link;
}

/* {"error":{"kind":…,"message":…}} */
static void read_refusal(struct fetch *x, struct json_span v)
{
	json_string_text(json_find(v, "error.message"), x->refused, sizeof(x->refused));
	x->busy = json_span_equals(json_find(v, "error.kind"), "busy");
}

static void on_done(void *ctx, int status, const char *body, size_t len)
{
	struct fetch *x = ctx;
	struct json_span v = status ? json_whole(body, len) : (struct json_span){NULL, 0};
	bool was_there = x->got_us != 0;

	x->call = NULL;
	/* a process that is ending refuses all: what it said before stays */
	if (!v.at || status == UNAVAILABLE)
		return;
	forget_value(x);
	x->refused[0] = '\0';
	x->busy = false;
	if (status == 200)
		x->value = x->kind->read(v);
	else
		read_refusal(x, v);
	x->got_us = clock_mono_us();
	x->took_us = x->got_us - x->asked_us;
	if (!was_there || x->got_us - x->asked_us > FETCH_FRESH_US)
		x->fetches->came(x->fetches->ctx);
}

struct fetch *fetches_find(struct fetches *a, const char *path, const struct fetch_kind *kind)
{
	struct fetch *x;

	TAILQ_FOREACH (x, &a->list, next)
		if (!strcmp(x->path, path))
			break;
	if (x) {
		TAILQ_REMOVE(&a->list, x, next);
	} else {
		if (a->n == KEPT)
			forget(TAILQ_LAST(&a->list, fetch_list));
		x = xcalloc(1, sizeof(*x));
		x->fetches = a;
		x->kind = kind;
		x->path = xstrdup(path);
		a->n++;
	}
	TAILQ_INSERT_HEAD(&a->list, x, next);
	return x;
}

struct fetch *fetches_ask_every(
	struct fetches *a, const char *path, const struct fetch_kind *kind, int64_t fresh_us)
{
	struct fetch *x = fetches_find(a, path, kind);
	int64_t now_us = clock_mono_us();

	if (x->call || !a->link ||
		(x->asked_us && now_us - x->asked_us < fresh_us + 2 * x->took_us))
		return x;
	x->asked_us = now_us;
	x->call = link_ask(a->link, path, NULL, PATIENCE_S, on_done, x);
	return x;
}

struct fetch *fetches_ask(struct fetches *a, const char *path, const struct fetch_kind *kind)
{
	return fetches_ask_every(a, path, kind, FETCH_FRESH_US);
}

static bool is_there(void *ctx)
{
	const struct fetch *x = ctx;

	return !x->call;
}

void fetches_wait(struct fetches *a, struct fetch *answer, int64_t until_us)
{
	if (answer->call)
		link_wait(a->link, until_us, is_there, answer);
}

bool fetch_is_usable(const struct fetch *a, int64_t now_us)
{
	return a->got_us &&
	       (!a->fetches->link || now_us - a->got_us < FETCH_USABLE_US + 4 * a->took_us);
}
