/* The routes of a session: one for --url, one for each endpoint, or one for each stage of a
 * pipeline. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "net/environment.h"
#include "plan/endpoint_specs.h"
#include "session/descriptors.h"
#include "session/route_parts.h"
#include "session/session_impl.h"
#include "session/session_keys.h"

static struct lanes *new_lanes(
	struct session *s, const struct session_route *route, const struct lane_config *lane)
{
	return lanes_new(
		lane, route->spec.model_rpm, route->spec.n_model_rpm, run_clock_now_us(s->clock));
}

static void add_to_engine(const struct session *s, const struct session_route *route)
{
	engine_add_route(s->engine, &(struct route_config){.name = route->spec.name,
					    .lanes = route->lanes,
					    .run = s,
					    .models = route->spec.models,
					    .told = route->spec.told,
					    .weight = route->spec.weight});
}

/* Adds one of `of` routes; takes ownership of the spec's members. */
static bool add_route(struct session *s, struct endpoint_spec *spec, size_t of, struct error *err)
{
	struct session_route *route = &s->route[s->n_routes++];
	struct lane_config lane = route_lane_config(s->settings, spec);

	route->session = s;
	route->spec = *spec;
	*spec = (struct endpoint_spec){.url = NULL};
	if (!descriptors_fit(&lane, (int)of, err))
		return false;
	route->lanes = new_lanes(s, route, &lane);
	add_to_engine(s, route);
	return true;
}

/* ---- stages ---- */

static const struct endpoint_spec *endpoint_of(
	const struct endpoint_specs *specs, const struct stage *stage, struct error *err)
{
	if (!stage->endpoint)
		return &specs->at[0];
	for (size_t i = 0; i < specs->n; i++)
		if (!strcmp(specs->at[i].name, stage->endpoint))
			return &specs->at[i];
	error_set(err, "stage %s: unknown --endpoint \"%.40s\"", stage->name, stage->endpoint);
	return NULL;
}

/* Stages that ask one model at one endpoint, and have no limits of their own, are limited together:
 * their provider counts them together, too. NULL: none before this one is such. */
static struct session_route *companion(
	struct session *s, int i, const struct endpoint_spec *spec, const char *endpoint)
{
	const struct stage *stage = s->pipeline->stages.stage;
	const struct stage_request *request = s->pipeline->request;

	if (stage[i].concurrency || stage[i].rpm > 0 || stage[i].tpm > 0 || !*request[i].model)
		return NULL;
	for (int k = 0; k < i; k++)
		if (!stage[k].concurrency && stage[k].rpm <= 0 && stage[k].tpm <= 0 &&
			!strcmp(request[k].model, request[i].model) &&
			!strcmp(stage[k].endpoint ? stage[k].endpoint : spec->name, endpoint))
			return &s->route[k];
	return NULL;
}

static bool add_stage(
	struct session *s, int i, const struct endpoint_specs *specs, struct error *err)
{
	const struct stage *stage = &s->pipeline->stages.stage[i];
	const struct endpoint_spec *spec = endpoint_of(specs, stage, err);
	struct session_route *route, *shared;
	struct lane_config lane;

	if (!spec)
		return false;
	route = &s->route[s->n_routes++];
	route->session = s;
	endpoint_spec_copy(spec, &route->spec);
	snprintf(route->spec.name, sizeof(route->spec.name), "%s", stage->name);
	route->spec.weight = 1; /* shares are between endpoints, and a stage has one */
	shared = companion(s, i, &specs->at[0], spec->name);
	lane = route_lane_config(s->settings, spec);
	if (stage->concurrency)
		lane.concurrency = (int)stage->concurrency;
	if (stage->rpm > 0)
		lane.rpm = stage->rpm;
	if (stage->tpm > 0)
		lane.tpm = stage->tpm;
	if (!shared && !descriptors_fit(&lane, s->pipeline->stages.n, err))
		return false;
	route->lender = shared;
	route->lanes = shared ? shared->lanes : new_lanes(s, route, &lane);
	add_to_engine(s, route);
	return true;
}

static bool add_stages(struct session *s, const struct endpoint_specs *specs, struct error *err)
{
	for (size_t i = 0; i < specs->n; i++)
		if (specs->at[i].fallback || specs->at[i].models)
			return error_set(err,
				"endpoint %s: a pipeline's stages have one endpoint each, no %s",
				specs->at[i].name, specs->at[i].fallback ? "fallback" : "models");
	for (int i = 0; i < s->pipeline->stages.n; i++)
		if (!add_stage(s, i, specs, err))
			return false;
	return true;
}

static struct target_settings target_of(const struct session *s, int i)
{
	struct target_settings target =
		endpoint_spec_target(&s->route[i].spec, &s->settings->target);

	if (s->pipeline && s->pipeline->stages.stage[i].provider)
		target.provider = s->pipeline->stages.stage[i].provider;
	return target;
}

bool session_routes_add(struct session *s, struct error *err)
{
	struct endpoint_specs specs = {.n = 0};
	bool ok = endpoint_specs_read(&s->settings->endpoints, &specs, err) &&
		  endpoint_specs_alone(&specs, &s->settings->target, err);

	if (ok && !specs.n)
		specs.at[specs.n++] = (struct endpoint_spec){.name = "default", .weight = 1};
	if (ok && s->pipeline)
		ok = add_stages(s, &specs, err);
	for (size_t i = 0; ok && !s->pipeline && i < specs.n; i++)
		ok = add_route(s, &specs.at[i], specs.n, err);
	for (int i = 0; ok && !s->pipeline && i < s->n_routes; i++)
		if (s->route[i].spec.fallback)
			engine_link_route(s->engine, i, s->route[i].spec.fallback);
	for (int i = 0; ok && i < s->n_routes; i++) {
		struct target_settings target = target_of(s, i);

		s->route[i].endpoint.source = session_keys_add(s, i, &target);
	}
	endpoint_specs_free(&specs);
	return ok;
}

static void on_doubt(void *ctx, const struct answer_name *names, size_t n, bool cut)
{
	struct session *s = ((const struct session_route *)ctx)->session;

	engine_doubted(s->engine, names, n, cut, run_clock_now_us(s->clock), clock_wall_us());
	s->due = true;
}

/* The lanes belong to address and key, and for stages to those with the same limits, too. Nothing
 * was sent over the route's own ones yet. */
static void share_lanes(struct session *s, struct session_route *route)
{
	struct lanes *own = route->lanes;

	if (route->lender) {
		route->lanes = route->lender->lanes;
		return;
	}
	route->lanes = route_take_lanes(s->process, &route->endpoint,
		s->pipeline ? route->spec.name : NULL, own, run_clock_now_us(s->clock));
	if (route->lanes != own)
		route->unused = own;
}

static bool open_route(struct session *s, int i, const char *line, size_t len, transport_done *done,
	struct error *err)
{
	struct session_route *route = &s->route[i];
	const struct request_settings *request = &s->settings->request;
	struct target_settings target = target_of(s, i);
	struct transport_config config;
	struct error why = {""};

	if (!session_endpoint_open(
		    &route->endpoint, &target, request, route->spec.url != NULL, line, len, &why))
		return !route->spec.url || s->pipeline
			       ? error_set(err, "%s", why.text)
			       : error_set(err, "endpoint %s: %s", route->spec.name, why.text);
	config = route_transport_config(&route->endpoint, request, route->lanes);
	config.doubt = on_doubt;
	route->transport = process_take_transport(s->process, &config, done, err);
	if (!route->transport)
		return false;
	share_lanes(s, route);
	engine_set_endpoint(s->engine, i, &route->endpoint.endpoint, route->lanes);
	return true;
}

/* The requests of the stage determine the provider, not the rows. */
static bool open_stage(struct session *s, int i, transport_done *done, struct error *err)
{
	struct error why = {""};
	struct buf line;
	bool ok;

	buf_init(&line, SOURCE_MAX_LINE);
	stage_request_sample(&s->pipeline->request[i], &line);
	ok = open_route(s, i, buf_str(&line), line.len, done, &why);
	buf_free(&line);
	return ok || error_set(err, "stage %s: %s", s->route[i].spec.name, why.text);
}

/* A proxy may repeat its target. */
static void add_proxies(struct secrets *out)
{
	for (const char *const *name = environment_proxies; *name; name++)
		if (getenv(*name))
			secrets_add_url(out, getenv(*name));
}

/* --header-for, and the origins that may get secrets of -H: those of all endpoints. */
static bool read_origin_headers(struct session *s, struct error *err)
{
	const struct run_settings *settings = s->settings;

	for (char *const *text = settings->request.headers_for; text && *text; text++)
		if (!origin_headers_add(
			    &s->origin_headers, *text, settings->request.allow_http, err))
			return false;
	origin_headers_secrets(&s->origin_headers, &s->secrets);
	for (int i = 0; i < s->n_routes; i++) {
		const char *base = s->route[i].endpoint.endpoint.base_url;

		if (base)
			origins_add(&s->origin_headers.home, base);
		s->route[i].endpoint.common = &s->origin_headers;
	}
	return true;
}

bool session_routes_open(
	struct session *s, const char *line, size_t len, transport_done *done, struct error *err)
{
	for (int i = 0; i < s->n_routes; i++)
		if (!(s->pipeline ? open_stage(s, i, done, err)
				  : open_route(s, i, line, len, done, err)))
			return false;
	if (!read_origin_headers(s, err))
		return false;
	add_proxies(&s->secrets);
	for (int i = 0; i < s->n_routes; i++) {
		session_endpoint_secrets(&s->route[i].endpoint, &s->secrets);
		session_endpoint_wipe(&s->route[i].endpoint);
	}
	s->opened = true;
	return true;
}

uint64_t session_routes_hash(const struct session *s)
{
	uint64_t hash = 0;

	for (int i = 0; !s->pipeline && s->n_routes > 1 && i < s->n_routes; i++) {
		const struct endpoint_spec *spec = &s->route[i].spec;
		const char *base = s->route[i].endpoint.endpoint.base_url;

		hash = hash * 31 + hash_bytes(spec->name, strlen(spec->name));
		hash = hash * 31 + (base ? hash_bytes(base, strlen(base)) : 0);
		if (spec->models && !spec->told)
			hash = hash * 31 + hash_bytes(spec->models, strlen(spec->models));
	}
	return hash;
}

/* A hash of the place of a route's key; 0: it has none. */
static uint64_t key_place(const struct session_endpoint *e)
{
	if (e->source)
		return hash_bytes(e->source->text, strlen(e->source->text)) +
		       (uint64_t)e->source->kind;
	return e->variable ? hash_bytes(e->variable, strlen(e->variable)) : 0;
}

uint64_t session_routes_keys(const struct session *s)
{
	uint64_t hash = 1;

	/* more endpoints with the same key, or without one, are no other places */
	for (int i = 0; i < s->n_routes; i++) {
		uint64_t place = key_place(&s->route[i].endpoint);
		bool seen = false;

		for (int k = 0; k < i && !seen; k++)
			seen = key_place(&s->route[k].endpoint) == place;
		hash += seen ? 0 : place;
	}
	return hash;
}

int64_t session_routes_settle(struct session *s)
{
	int64_t until_us = 0;

	for (int i = 0; i < s->n_routes; i++) {
		int64_t us = s->route[i].transport ? transport_settle(s->route[i].transport) : 0;

		until_us = us > until_us ? us : until_us;
	}
	return until_us;
}

void session_routes_stop(struct session *s)
{
	for (int i = 0; i < s->n_routes; i++) {
		if (s->route[i].transport)
			process_drop_transport(s->process, s->route[i].transport, &s->route[i]);
		s->route[i].transport = NULL;
	}
}

void session_routes_free(struct session *s)
{
	for (int i = 0; i < s->n_routes; i++) {
		struct session_route *route = &s->route[i];

		if (!route->lender && !process_drop_lanes(s->process, route->lanes))
			lanes_free(route->lanes);
		lanes_free(route->unused);
		session_endpoint_close(&route->endpoint);
		endpoint_spec_free(&route->spec);
	}
	origin_headers_free(&s->origin_headers);
	secrets_free(&s->secrets);
}
