/* What a service knows of its endpoints before any batch: which of them speaks which API, for which
 * models, and that they can be asked. */
#ifndef SLUICE_SERVE_UPSTREAM_H
#define SLUICE_SERVE_UPSTREAM_H

#include "base/error.h"
#include "plan/endpoint_specs.h"
#include "plan/key_source.h"
#include "plan/settings.h"
#include "serve/kind.h"

/* The endpoints that speak the API of a kind of batch. */
struct upstream_side {
	bool there;                  /* there is one, or the address of --url */
	struct endpoint_specs specs; /* of several; n 0: it is that of --url */
	char **models; /* the only ones that an endpoint takes, NULL-terminated; NULL: any */
};

enum { UPSTREAM_SIDES = 2 /* OpenAI's API, and Anthropic's */ };

struct upstream {
	struct upstream_side side[UPSTREAM_SIDES];
};

/* Reads the endpoints and their keys, so that an error in them ends the start and not a batch; the
 * keys leave the environment. keys gets what was read. False and err. Free it in either case. */
bool upstream_open(struct upstream *u, const struct run_settings *run, struct key_sources *keys,
	struct error *err);
void upstream_free(struct upstream *u);

/* The side that speaks Anthropic's API, or OpenAI's. */
const struct upstream_side *upstream_side_of(const struct upstream *u, bool anthropic);
const struct upstream_side *upstream_of(const struct upstream *u, const struct batch_kind *kind);
/* The settings of a run at these endpoints; borrowed from both. */
struct run_settings upstream_settings(
	const struct upstream_side *side, const struct run_settings *run);

#endif
