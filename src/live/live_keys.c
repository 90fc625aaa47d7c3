/* Keys in files or given by commands: when an endpoint refuses one, another is fetched, as for
 * runs, and the calls after that have it. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "live/live_impl.h"
#include "plan/key_refresh.h"
#include "session/key_fetch.h"

/* After another key has come, calls wait for the probe that shows whether it is good. */
#define PROBE_US (5 * US_PER_S)

struct live_key {
	struct live *live;
	struct key_source *source; /* the process's */
	char *used;                /* the key in use; owned */
	struct key_refresh refresh;
	struct key_fetch fetch;
};

struct live_keys {
	struct live_key at[ENDPOINTS_MAX];
	int n;
};

static void free_key(char *key)
{
	if (key)
		explicit_bzero(key, strlen(key));
	free(key);
}

static void renew(struct live_side *side, const struct live_key *k, int64_t now_us)
{
	for (int i = 0; i < side->routes.n; i++) {
		struct live_route *route = &side->route[i];

		if (route->endpoint.source != k->source)
			continue;
		session_endpoint_renew(&route->endpoint, k->source->key);
		for (int n = 0; n < lanes_count(route->lanes); n++)
			lane_probe_soon(lanes_at(route->lanes, n), now_us);
	}
}

/* A fetch has ended, or a run has fetched. True: the source has another key, which is in use now.
 */
static bool take(struct live_key *k)
{
	struct live *l = k->live;
	const char *key = k->source->key;
	bool other = key && (!k->used || strcmp(key, k->used) != 0);

	key_refresh_ended(&k->refresh, live_now_us(l), other);
	if (!other)
		return false;
	free_key(k->used);
	k->used = xstrdup(key);
	secrets_add(&l->secrets, key, strlen(key));
	for (int i = 0; i < LIVE_APIS; i++)
		renew(&l->side[i], k, live_now_us(l));
	return true;
}

static void on_fetched(struct key_fetch *f, char *key_take, const struct error *why)
{
	struct live_key *k = f->ctx;

	(void)why; /* the refusal says what is wrong */
	if (key_take)
		key_source_take(k->source, key_take);
	take(k);
}

static bool read_file(struct live_key *k)
{
	struct error why;
	char *key = key_source_read_again(k->source, &why);

	if (key)
		key_source_take(k->source, key);
	return take(k);
}

/* One for all runs of the process, too. */
static bool run_command(struct live_key *k)
{
	int64_t now_us = live_now_us(k->live);
	struct error why;

	if (now_us < k->source->next_us)
		return take(k);
	k->source->next_us = now_us + KEY_COMMAND_GAP_US;
	return !key_fetch_start(&k->fetch, k->source->text, &why) && take(k);
}

/* Fetches another key if it is time to. True: there is one. */
static bool look(struct live_key *k)
{
	if (k->refresh.refused && !k->fetch.command && k->used && k->source->key &&
		strcmp(k->used, k->source->key) != 0)
		return take(k);
	if (!key_refresh_starts(&k->refresh, live_now_us(k->live)))
		return false;
	return k->source->kind == KEY_FILE ? read_file(k) : run_command(k);
}

static struct live_key *key_of(struct live *l, struct key_source *source)
{
	struct live_keys *keys = l->keys;
	struct live_key *k;

	for (int i = 0; i < keys->n; i++)
		if (keys->at[i].source == source)
			return &keys->at[i];
	k = &keys->at[keys->n++];
	*k = (struct live_key){
		.live = l, .source = source, .refresh = {.polls = source->kind == KEY_FILE}};
	k->used = source->key ? xstrdup(source->key) : NULL;
	key_fetch_init(&k->fetch, l->loop, on_fetched, k);
	return k;
}

void live_keys_add(struct live *l, struct key_source *source)
{
	if (!l->keys)
		l->keys = xcalloc(1, sizeof(*l->keys));
	key_of(l, source);
}

bool live_key_refused(struct live_route *route, int64_t latency_us)
{
	struct live *l = route->side->live;
	struct live_key *k;

	if (!route->endpoint.source)
		return false;
	k = key_of(l, route->endpoint.source);
	key_refresh_refused(&k->refresh, live_now_us(l) - (latency_us > 0 ? latency_us : 0));
	look(k);
	return k->refresh.running || !k->refresh.refused;
}

bool live_keys_renewed(struct live *l)
{
	int64_t now_us = live_now_us(l);

	for (int i = 0; l->keys && i < l->keys->n; i++) {
		struct live_key *k = &l->keys->at[i];

		if (look(k) || k->refresh.running ||
			(k->refresh.renewed_us && now_us - k->refresh.renewed_us < PROBE_US))
			return true;
	}
	return false;
}

void live_keys_free(struct live *l)
{
	for (int i = 0; l->keys && i < l->keys->n; i++) {
		key_fetch_stop(&l->keys->at[i].fetch);
		free_key(l->keys->at[i].used);
	}
	free(l->keys);
	l->keys = NULL;
}
