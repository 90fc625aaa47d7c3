/* What a service knows of its endpoints before any batch: which of them speaks which API, and that
 * they can be asked. */
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
};

enum { UPSTREAM_OPENAI, UPSTREAM_ANTHROPIC, UPSTREAM_SIDES };

/* A line of each API, which may tell the provider. */
extern const char *const upstream_samples[UPSTREAM_SIDES];

struct upstream {
	struct upstream_side side[UPSTREAM_SIDES];
};

/* Reads the endpoints and their keys, so that an error in them ends the start and not a batch; the
 * keys leave the environment. keys gets what was read. False and err. Free it in either case. */
bool upstream_open(struct upstream *u, const struct run_settings *run, struct key_sources *keys,
	struct error *err);
void upstream_free(struct upstream *u);

int upstream_index(const struct batch_kind *kind);
const struct upstream_side *upstream_of(const struct upstream *u, const struct batch_kind *kind);
/* The settings of a run at these endpoints of a side; borrowed from both. */
struct run_settings upstream_settings(
	const struct endpoint_specs *specs, const struct run_settings *run);

#endif
