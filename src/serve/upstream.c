#include "serve/upstream.h"

#include <stdlib.h>
#include <string.h>

#include "api/provider.h"
#include "base/alloc.h"
#include "plan/credentials.h"

const char *const upstream_samples[UPSTREAM_SIDES] = {
	[UPSTREAM_OPENAI] = "{\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"m\"}}",
	[UPSTREAM_ANTHROPIC] = "{\"params\":{}}"};

/* ---- endpoints ---- */

/* Anthropic's provider speaks its own API, a raw one any, and all others OpenAI's. */
static bool speaks(const struct provider *p, int side)
{
	bool messages = !strcmp(p->name, "anthropic");

	return !strcmp(p->name, "raw") || messages == (side == UPSTREAM_ANTHROPIC);
}

/* Which APIs does the target speak? False and err when it can be asked by none. keys: those that
 * were read. */
static bool try_target(const struct target_settings *target, const struct run_settings *run,
	bool one_of_many, struct key_sources *keys, bool sides[UPSTREAM_SIDES], struct error *err)
{
	struct error why[UPSTREAM_SIDES] = {{""}};
	bool good = false;

	for (int i = 0; i < UPSTREAM_SIDES; i++) {
		struct session_endpoint e = {.source = key_sources_add(keys, target)};
		bool open = session_endpoint_open(&e, target, &run->request, one_of_many,
			upstream_samples[i], strlen(upstream_samples[i]), &why[i]);

		sides[i] = open && speaks(e.endpoint.provider, i);
		good = good || sides[i];
		if (open)
			session_endpoint_wipe(&e);
		session_endpoint_close(&e);
	}
	return good || error_set(err, "%s", why[0].text);
}

static void add_spec(struct upstream_side *side, const struct endpoint_spec *spec)
{
	endpoint_spec_copy(spec, &side->specs.at[side->specs.n++]);
	side->there = true;
}

static bool has(const struct endpoint_specs *specs, const char *name)
{
	for (size_t i = 0; i < specs->n; i++)
		if (!strcmp(specs->at[i].name, name))
			return true;
	return false;
}

/* A fallback that speaks another API is none, and a spare one without the others is the first. */
static void settle(struct upstream_side *side)
{
	struct endpoint_specs *specs = &side->specs;
	double weight = 0;

	for (size_t i = 0; i < specs->n; i++) {
		weight += specs->at[i].weight;
		if (!specs->at[i].fallback || has(specs, specs->at[i].fallback))
			continue;
		free(specs->at[i].fallback);
		specs->at[i].fallback = NULL;
	}
	for (size_t i = 0; weight <= 0 && i < specs->n; i++)
		specs->at[i].weight = 1;
}

static bool try_targets(struct upstream *u, const struct endpoint_specs *specs,
	const struct run_settings *run, struct key_sources *keys, struct error *err)
{
	bool sides[UPSTREAM_SIDES], ok = true;

	if (!specs->n) {
		ok = try_target(&run->target, run, false, keys, sides, err);
		for (int k = 0; k < UPSTREAM_SIDES; k++)
			u->side[k].there = ok && sides[k];
	}
	for (size_t i = 0; ok && i < specs->n; i++) {
		struct target_settings target = endpoint_spec_target(&specs->at[i], &run->target);
		struct error why = {""};

		ok = try_target(&target, run, true, keys, sides, &why) ||
		     error_set(err, "endpoint %s: %s", specs->at[i].name, why.text);
		for (int k = 0; ok && k < UPSTREAM_SIDES; k++)
			if (sides[k])
				add_spec(&u->side[k], &specs->at[i]);
	}
	return ok;
}

bool upstream_open(struct upstream *u, const struct run_settings *run, struct key_sources *keys,
	struct error *err)
{
	struct endpoint_specs specs = {.n = 0};
	bool ok = endpoint_specs_read(&run->endpoints, &specs, err) &&
		  endpoint_specs_alone(&specs, &run->target, err) &&
		  try_targets(u, &specs, run, keys, err);

	for (int k = 0; ok && k < UPSTREAM_SIDES; k++)
		settle(&u->side[k]);
	endpoint_specs_free(&specs);
	return ok;
}

void upstream_free(struct upstream *u)
{
	for (int k = 0; k < UPSTREAM_SIDES; k++)
		endpoint_specs_free(&u->side[k].specs);
}

int upstream_index(const struct batch_kind *kind)
{
	return kind->format == FORMAT_ANTHROPIC ? UPSTREAM_ANTHROPIC : UPSTREAM_OPENAI;
}

const struct upstream_side *upstream_of(const struct upstream *u, const struct batch_kind *kind)
{
	return &u->side[upstream_index(kind)];
}

struct run_settings upstream_settings(
	const struct endpoint_specs *specs, const struct run_settings *run)
{
	struct run_settings settings = *run;

	if (specs->n)
		settings.endpoints = (struct endpoints_settings){
			.sections = (struct endpoint_spec *)specs->at,
			.n_sections = specs->n,
		};
	return settings;
}
