/* The answers of earlier runs, for a session: what goes wrong with them is told and does no harm.
 */
#include "run/cache.h"
#include "run/session_impl.h"

static const char off[] = "the run goes on without --cache";

const struct answer_store *session_cache_open(struct session *s)
{
	if (s->settings->cache)
		s->cache = cache_open(
			s->settings->cache, (size_t)s->settings->max_response, &s->cache_error);
	return s->cache ? cache_store(s->cache) : NULL;
}

void session_cache_tick(struct session *s)
{
	struct error err = {""};

	if (s->cache_error.text[0])
		engine_warn(s->engine, off, s->cache_error.text);
	s->cache_error.text[0] = '\0';
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
