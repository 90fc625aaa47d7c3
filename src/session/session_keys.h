/* The keys of a session that are in files or given by commands: when the server refuses one,
 * another is fetched, and the requests after that have it. */
#ifndef SLUICE_SESSION_SESSION_KEYS_H
#define SLUICE_SESSION_SESSION_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "plan/settings.h"

struct session;
struct session_route;

/* The file or command with the key of a route; borrowed; NULL: it has neither. */
struct key_source *session_keys_add(
	struct session *s, int route, const struct target_settings *target);
/* Runs the commands, so that they may ask on the terminal. */
bool session_keys_first(struct session *s, struct error *err);
/* The route's key was refused with 401; latency_us: how long the answer took. */
void session_keys_refused(struct session_route *route, int64_t latency_us);
/* To be called once a second. */
void session_keys_tick(struct session *s);
/* As the engine's reload_keys(). */
bool session_keys_reload(struct session *s, char *words, size_t size);
/* Ends the commands that run: nothing comes of them any more. */
void session_keys_stop(struct session *s);
void session_keys_free(struct session *s);

#endif
