/* The answers of earlier runs, for a session. An unusable cache is refused before anything is sent,
 * since everything would be paid for again; a later failure is reported and does no harm. */
#include "cache/cache.h"
#include "session/session_impl.h"

bool session_cache_open(struct session *s, struct error *err)
{
	const struct run_settings *settings = s->settings;
	struct error why = {""};

	if (!settings->cache.folder)
		return true;
	s->cache = cache_open(settings->cache.folder, (size_t)settings->request.max_response, &why);
	return s->cache || error_set(err, "--cache %s", why.text);
}

const struct answer_store *session_cache_store(const struct session *s)
{
	return s->cache ? cache_store(s->cache) : NULL;
}

void session_cache_tick(struct session *s)
{
	struct error err = {""};

	if (s->cache && cache_trouble(s->cache, &err))
		engine_warn(s->engine, "--cache", err.text);
}

void session_cache_flush(struct session *s)
{
	if (s->cache)
		cache_flush(s->cache);
	session_cache_tick(s);
}

void session_cache_close(struct session *s)
{
	cache_close(s->cache);
	s->cache = NULL;
}
