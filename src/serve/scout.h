/* Asks the endpoints of a service which models they have, as GET /v1/models says: at the start,
 * from time to time, and when a client wants a model that none of them has reported. In the
 * background: an endpoint that does not answer, or has no such path, may have any model. */
#ifndef SLUICE_SERVE_SCOUT_H
#define SLUICE_SERVE_SCOUT_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "serve/catalog.h"
#include "serve/kind.h"
#include "serve/upstream.h"

struct process;
struct scout;

/* Borrowed; it outlives the scout. */
struct scout_config {
	struct ev_loop *loop;
	struct process *process;
	const struct upstream *upstream;
	const struct run_settings *run;
	int64_t every_us; /* 0: nobody is asked */
	/* What an endpoint's list says has changed. */
	void (*told)(void *ctx, const char *endpoint, const char *text);
	void *ctx;
};

/* Begins to ask. */
struct scout *scout_new(const struct scout_config *config);
/* Asks no more, and notifies the waiters. */
void scout_close(struct scout *s);
/* NULL is fine. */
void scout_free(struct scout *s);

/* What is known now of the endpoints that speak the API of a kind of batch; borrowed until the loop
 * goes on: catalog_hold() keeps it. */
struct catalog *scout_catalog(const struct scout *s, const struct batch_kind *kind);
/* Were all endpoints of the API asked once, or long enough ago? Until then a run does not know
 * where to send which model. */
bool scout_has_asked(const struct scout *s, const struct batch_kind *kind);

/* Names of models that no endpoint has reported. */
enum { SCOUT_NAMES = 8 };
struct scout_names {
	char name[SCOUT_NAMES][MODEL_TEXT_MAX];
	size_t n;
};

enum scout_end {
	SCOUT_ASKED,  /* the catalog has those that are there */
	SCOUT_UNSURE, /* too many are asked for: they may be there */
	SCOUT_ENDED,  /* the scout was closed */
};
typedef void scout_done(void *ctx, enum scout_end end);
/* Asks the endpoints for the names; done is called in a later turn of the loop, or at
 * scout_close(). When the answer is not SCOUT_ASKED, that is all. */
enum scout_end scout_ask(struct scout *s, const struct batch_kind *kind,
	const struct scout_names *names, scout_done *done, void *ctx);

#endif
