#include "session/session_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "core/key_wait.h"
#include "plan/key_refresh.h"
#include "session/key_fetch.h"
#include "session/session_impl.h"

struct session_key {
	struct session *session;
	struct key_source *source;
	uint32_t routes; /* that have it, a bit each */
	struct key_refresh refresh;
	struct error trouble;   /* of the last fetch; "": none */
	bool tried;             /* since the key in use was refused, a fetch has ended */
	struct key_fetch fetch; /* of a command */
};

struct session_keys {
	struct key_sources sources;
	struct session_key at[ENDPOINTS_MAX]; /* of each source */
};

static int64_t now_of(const struct session_key *k)
{
	return run_clock_now_us(k->session->clock);
}

/* ---- what the operator is told ---- */

/* Where a key is from: a command may hold secrets. */
static void name_source(const struct session_key *k, char *out, size_t size)
{
	char path[80];

	text_sanitise(path, sizeof(path), k->source->text, strlen(k->source->text));
	if (k->source->kind == KEY_FILE)
		snprintf(out, size, "%s", path);
	else
		snprintf(out, size, "--key-command");
}

static void describe_wait(const struct session_key *k, char *out, size_t size)
{
	char source[80];

	name_source(k, source, sizeof(source));
	if (k->source->kind == KEY_FILE)
		snprintf(out, size,
			"waiting for a new key: write it to %s, which is read every second%s%s",
			source, k->trouble.text[0] ? "; now " : "", k->trouble.text);
	else if (!k->tried)
		snprintf(out, size, "waiting for a new key: --key-command is running");
	else
		snprintf(out, size,
			"waiting for a key: --key-command runs each minute, or now with `key "
			"reload`: %.110s",
			k->trouble.text[0] ? k->trouble.text : "it printed the refused key");
}

/* The first key that the run waits for. */
static void tell(struct session *s)
{
	char note[200] = "";

	for (int i = 0; i < s->keys->sources.n && !note[0]; i++)
		if (s->keys->at[i].refresh.refused)
			describe_wait(&s->keys->at[i], note, sizeof(note));
	key_wait_set(s->engine, note);
}

/* ---- another key ---- */

/* Puts it into use: the lanes that were shut because of the old one may probe at once. */
static void use_key(struct session_key *k)
{
	struct session *s = k->session;
	const char *key = k->source->key;
	char source[80];

	secrets_add(&s->secrets, key, strlen(key));
	for (int i = 0; i < s->n_routes; i++) {
		struct session_route *route = &s->route[i];

		if (!(k->routes & route_bit(i)))
			continue;
		session_endpoint_renew(&route->endpoint, key);
		for (int n = 0; n < lanes_count(route->lanes); n++)
			lane_probe_soon(lanes_at(route->lanes, n), now_of(k));
	}
	name_source(k, source, sizeof(source));
	key_wait_over(s->engine, source);
}

/* What the process knows of the command: its last key, and when it may run again. */
static struct key_source *known_of(const struct session_key *k)
{
	const struct target_settings target = {.key_command = k->source->text};

	return key_sources_add(process_keys(k->session->process), &target);
}

/* Has another run got another key? */
static bool is_newer_known(const struct session_key *k)
{
	const char *known = k->source->kind == KEY_COMMAND ? known_of(k)->key : NULL;

	return known && k->source->key && strcmp(known, k->source->key) != 0;
}

/* The fetch has ended, with a key or NULL. True: with another one. */
static bool take(struct session_key *k, char *key_take)
{
	bool other = key_take && key_source_take(k->source, key_take);

	key_refresh_ended(&k->refresh, now_of(k), other);
	k->tried = !other;
	if (other && k->source->kind == KEY_COMMAND)
		key_source_take(known_of(k), xstrdup(k->source->key));
	if (other)
		use_key(k);
	tell(k->session);
	return other;
}

static bool read_file(struct session_key *k)
{
	k->trouble.text[0] = '\0';
	return take(k, key_source_read_again(k->source, &k->trouble));
}

/* ---- a command ---- */

static void on_fetched(struct key_fetch *f, char *key_take, const struct error *why)
{
	struct session_key *k = f->ctx;

	k->trouble = *why;
	take(k, key_take);
}

static bool run_command(struct session_key *k)
{
	struct key_source *known = known_of(k);

	/* of the runs of a service one is enough */
	if (process_remains(k->session->process) && now_of(k) < known->next_us)
		return take(k, NULL);
	known->next_us = now_of(k) + KEY_COMMAND_GAP_US;
	if (!key_fetch_start(&k->fetch, k->source->text, &k->trouble))
		return take(k, NULL);
	tell(k->session);
	return false;
}

/* Fetches another key if it is time to. */
static bool look(struct session_key *k)
{
	if (k->refresh.refused && !k->fetch.command && is_newer_known(k))
		return take(k, xstrdup(known_of(k)->key));
	if (!key_refresh_starts(&k->refresh, now_of(k)))
		return false;
	return k->source->kind == KEY_FILE ? read_file(k) : run_command(k);
}

/* ---- calls ---- */

static void init(struct session *s, struct session_key *k, struct key_source *source)
{
	*k = (struct session_key){
		.session = s, .source = source, .refresh = {.polls = source->kind == KEY_FILE}};
	key_fetch_init(&k->fetch, s->loop, on_fetched, k);
}

struct key_source *session_keys_add(
	struct session *s, int route, const struct target_settings *target)
{
	struct key_source *source;
	struct session_key *k;

	if (!s->keys)
		s->keys = xcalloc(1, sizeof(*s->keys));
	source = key_sources_add(&s->keys->sources, target);
	if (!source)
		return NULL;
	k = &s->keys->at[source - s->keys->sources.at];
	if (!k->session)
		init(s, k, source);
	k->routes |= route_bit(route);
	return source;
}

/* The first of several endpoints that have the key. */
static bool fail(const struct session_key *k, const char *why, struct error *err)
{
	const struct session_route *route = &k->session->route[__builtin_ctz(k->routes)];

	return route->spec.url ? error_set(err, "endpoint %s: %s", route->spec.name, why)
			       : error_set(err, "%s", why);
}

bool session_keys_first(struct session *s, struct error *err)
{
	struct error why = {""};

	for (int i = 0; i < s->keys->sources.n; i++) {
		const struct session_key *k = &s->keys->at[i];
		struct key_source *known;

		if (k->source->kind != KEY_COMMAND)
			continue;
		known = known_of(k);
		if (!key_source_key(known, &why))
			return fail(k, why.text, err);
		key_source_take(k->source, xstrdup(known->key));
	}
	return true;
}

static struct session_key *key_of(const struct session_route *route)
{
	struct session_keys *keys = route->session->keys;

	return &keys->at[route->endpoint.source - keys->sources.at];
}

void session_keys_refused(struct session_route *route, int64_t latency_us)
{
	struct session_key *k = key_of(route);
	int64_t sent_us = now_of(k) - (latency_us > 0 ? latency_us : 0);

	if (key_refresh_refused(&k->refresh, sent_us))
		k->tried = false;
	if (!look(k))
		tell(route->session);
}

void session_keys_tick(struct session *s)
{
	for (int i = 0; i < s->keys->sources.n; i++)
		look(&s->keys->at[i]);
}

/* Reads one again for the operator. */
static bool reload(struct session_key *k, char *words, size_t size)
{
	char source[80];

	name_source(k, source, sizeof(source));
	if (!key_refresh_ask(&k->refresh, now_of(k))) {
		snprintf(words, size, "--key-command is already running");
		return false;
	}
	if (look(k))
		snprintf(words, size, "continuing with a new key from %s", source);
	else if (k->fetch.command)
		snprintf(words, size, "--key-command is running; the next requests use its key");
	else if (k->trouble.text[0])
		snprintf(words, size, "%s", k->trouble.text);
	else
		snprintf(words, size, "%s still has the same key", source);
	return !k->trouble.text[0];
}

bool session_keys_reload(struct session *s, char *words, size_t size)
{
	bool all = true, this;

	snprintf(words, size, "the key cannot be reloaded: give --key-file or --key-command");
	if (!s->keys->sources.n)
		return false;
	/* of several, the words are those of the last one that fails */
	for (int i = 0; i < s->keys->sources.n; i++) {
		char reply[200];

		this = reload(&s->keys->at[i], reply, sizeof(reply));
		if (!this || all)
			snprintf(words, size, "%s", reply);
		all = all && this;
	}
	return all;
}

void session_keys_stop(struct session *s)
{
	for (int i = 0; s->keys && i < s->keys->sources.n; i++)
		key_fetch_stop(&s->keys->at[i].fetch);
}

void session_keys_free(struct session *s)
{
	if (!s->keys)
		return;
	session_keys_stop(s);
	key_sources_free(&s->keys->sources);
	free(s->keys);
	s->keys = NULL;
}
