/* The endpoints of live calls: those of batches, with their lanes, but connections of their own. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/lines.h"
#include "core/binding.h"
#include "live/live_impl.h"
#include "net/environment.h"
#include "plan/endpoint_specs.h"
#include "session/descriptors.h"
#include "session/route_parts.h"

enum { BUFFER = 4 << 10 }; /* thousands of streams may be open, and their events are short */

static void on_doubt(void *route, const struct answer_name *names, size_t n, bool cut)
{
	const struct live_route *to = route;

	(void)names, (void)cut;
	say_warning(
		"endpoint %s: a connection carried an extra answer; %zu earlier live answers may "
		"belong to other calls",
		to->spec.name, n);
}

static bool open_endpoint(struct live_route *route, struct error *err)
{
	const struct live_side *side = route->side;
	const struct run_settings *run = side->run;
	struct target_settings target = endpoint_spec_target(&route->spec, &run->target);
	const char *sample = side->live->config.sample[side - side->live->side];
	struct session_endpoint *e = &route->endpoint;

	e->source = key_sources_add(process_keys(side->live->config.process), &target);
	if (!session_endpoint_open(e, &target, &run->request, route->spec.url != NULL, sample,
		    strlen(sample), err))
		return false;
	if (e->source)
		live_keys_add(side->live, e->source);
	/* what a client does not ask for is not added */
	e->endpoint.stream = false;
	e->endpoint.usage_refused = true;
	return true;
}

static bool open_lanes(struct live_route *route, size_t of, struct error *err)
{
	const struct live_side *side = route->side;
	struct process *process = side->live->config.process;
	struct lane_config lane = route_lane_config(side->run, &route->spec);
	int64_t now_us = live_now_us(side->live);
	struct lanes *own;

	if (!descriptors_fit(&lane, (int)of, err))
		return false;
	own = lanes_new(&lane, route->spec.model_rpm, route->spec.n_model_rpm, now_us);
	route->lanes = route_take_lanes(process, &route->endpoint, NULL, own, now_us);
	if (route->lanes != own)
		route->unused = own;
	return true;
}

static bool add_route(struct live_side *side, const struct endpoint_spec *spec, size_t of,
	transport_done *done, struct error *err)
{
	struct live_route *route = &side->route[side->routes.n];
	struct transport_config config;
	struct error why = {""};

	route->side = side;
	endpoint_spec_copy(spec, &route->spec);
	if (!open_endpoint(route, &why) || !open_lanes(route, of, &why))
		return route->spec.url ? error_set(err, "endpoint %s: %s", spec->name, why.text)
				       : error_set(err, "%s", why.text);
	routes_add(&side->routes, &(struct route_config){.name = spec->name,
					  .lanes = route->lanes,
					  .run = side,
					  .models = route->spec.models,
					  .told = route->spec.told,
					  .weight = route->spec.weight});
	side->routes.at[side->routes.n - 1].endpoint = &route->endpoint.endpoint;
	config = route_transport_config(&route->endpoint, &side->run->request, route->lanes);
	config.doubt = on_doubt;
	config.buffer = BUFFER;
	route->transport = process_take_transport(side->live->config.process, &config, done, err);
	return route->transport != NULL;
}

/* --header-for, and the origins that may get secrets of -H: those of all endpoints. */
static bool read_origin_headers(struct live_side *side, struct error *err)
{
	struct secrets *secrets = &side->live->secrets;
	const struct request_settings *request = &side->run->request;

	for (char *const *text = request->headers_for; text && *text; text++)
		if (!origin_headers_add(&side->origin_headers, *text, request->allow_http, err))
			return false;
	origin_headers_secrets(&side->origin_headers, secrets);
	for (int i = 0; i < side->routes.n; i++) {
		struct session_endpoint *e = &side->route[i].endpoint;

		if (e->endpoint.base_url)
			origins_add(&side->origin_headers.home, e->endpoint.base_url);
		e->common = &side->origin_headers;
		session_endpoint_secrets(e, secrets);
	}
	/* a proxy may repeat its target */
	for (const char *const *name = environment_proxies; *name; name++)
		if (getenv(*name))
			secrets_add_url(secrets, getenv(*name));
	return true;
}

bool live_side_open(struct live_side *side, transport_done *done, struct error *err)
{
	struct endpoint_specs specs = {.n = 0};
	bool ok = endpoint_specs_read(&side->run->endpoints, &specs, err);

	if (ok && !specs.n)
		endpoint_spec_init(&specs.at[specs.n++], "default", strlen("default"), err);
	side->routes.live = true;
	for (size_t i = 0; ok && i < specs.n; i++)
		ok = add_route(side, &specs.at[i], specs.n, done, err);
	for (int i = 0; ok && i < side->routes.n; i++)
		if (side->route[i].spec.fallback)
			routes_link(&side->routes, i, side->route[i].spec.fallback);
	endpoint_specs_free(&specs);
	return ok && read_origin_headers(side, err);
}

void live_set_models(struct live *l, enum live_api api, const struct endpoint_spec *specs, size_t n)
{
	struct live_side *side = &l->side[api];

	for (size_t i = 0; i < n && i < (size_t)side->routes.n; i++) {
		struct live_route *route = &side->route[i];

		free(route->spec.models);
		route->spec.models = specs[i].models ? xstrdup(specs[i].models) : NULL;
		routes_set_models(&side->routes, (int)i, route->spec.models, specs[i].told);
	}
}

void live_side_close(struct live_side *side)
{
	struct process *process = side->live->config.process;

	for (int i = 0; i < ROUTES_MAX; i++)
		if (side->route[i].transport)
			process_drop_transport(process, side->route[i].transport, &side->route[i]);
	routes_free(&side->routes);
	for (int i = 0; i < ROUTES_MAX; i++) {
		struct live_route *route = &side->route[i];

		if (route->lanes && !process_drop_lanes(process, route->lanes))
			lanes_free(route->lanes);
		lanes_free(route->unused);
		session_endpoint_close(&route->endpoint);
		endpoint_spec_free(&route->spec);
	}
	origin_headers_free(&side->origin_headers);
}
