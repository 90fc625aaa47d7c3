#include "control/api.h"

#include <stdio.h>
#include <string.h>

#include "control/api_impl.h"
#include "control/metrics.h"
#include "snapshot_json.h"

static void get_snapshot(const struct api *api, const struct api_request *r, struct api_answer *a)
{
	struct json_writer w = json_writer_to(&a->body);

	(void)r;
	snapshot_json_of(&w, &api->port);
}

static void get_metrics(const struct api *api, const struct api_request *r, struct api_answer *a)
{
	enum metrics_format format = metrics_accepted(r->accept);

	metrics_of_port(&a->body, &api->port, format, NULL);
	a->type = metrics_content_type(format);
}

static void get_health(const struct api *api, const struct api_request *r, struct api_answer *a)
{
	struct json_writer w = json_writer_to(&a->body);
	struct snapshot s;

	(void)r;
	port_snapshot(&api->port, &s);
	json_open_object(&w);
	json_member_text(&w, "status", "ok");
	json_member_text(&w, "state", run_state_name(s.state));
	json_close_object(&w);
}

struct api_route {
	const char *method;
	const char *path;       /* "…/" takes one more word */
	const char *parameters; /* those that it takes, between blanks */
	void (*answer)(const struct api *api, const struct api_request *r, struct api_answer *a);
};

static const struct api_route routes[] = {
	{"GET", "/v1/snapshot", " ", get_snapshot},
	{"GET", "/v1/items", " filter sort descending facts active offset limit ", api_get_items},
	{"GET", "/v1/items/", " content ", api_get_item},
	{"GET", "/v1/errors", " limit ", api_get_errors},
	{"GET", "/v1/events", " since wait limit ", api_get_events},
	{"GET", "/v1/commands", " ", api_get_commands},
	{"POST", "/v1/commands", " ", api_post_command},
	{"GET", "/v1/watch", " session since ", api_get_watch},
	{"GET", "/v1/watch/rows", " filter sort descending facts active offset limit at ",
		api_get_watch_rows},
	{"GET", "/v1/watch/row/", " ", api_get_watch_row},
	{"GET", "/v1/watch/items/", " content ", api_get_watch_item},
	{"GET", "/v1/watch/errors", " limit ", api_get_watch_errors},
	{"GET", "/v1/watch/hits/", " ", api_get_watch_hits},
	{"GET", "/v1/watch/usage", " ", api_get_watch_usage},
	{"GET", "/v1/watch/chart", " recent span since ", api_get_watch_chart},
	{"POST", "/v1/watch/attended", " ", api_post_attended},
	{"GET", "/metrics", " ", get_metrics},
	{"GET", "/healthz", " ", get_health},
};

enum { ROUTES = sizeof(routes) / sizeof(routes[0]) };

static bool is_path(const char *path, const char *asked)
{
	size_t len = strlen(path);

	if (path[len - 1] == '/')
		return !strncmp(path, asked, len) && asked[len] && !strchr(asked + len, '/');
	return !strcmp(path, asked);
}

/* HEAD is GET without its body. */
static bool is_method(const char *method, const char *asked)
{
	return !strcmp(method, asked) || (!strcmp(method, "GET") && !strcmp(asked, "HEAD"));
}

/* Names the paths that there are. */
static void refuse_unknown(const struct api_request *r, struct api_answer *a)
{
	struct buf paths;

	buf_init(&paths, 1024);
	for (int i = 0; i < ROUTES; i++) {
		const char *path = routes[i].path;

		if (!i || strcmp(path, routes[i - 1].path) != 0)
			buf_addf(&paths, "%s%s%s", i ? ", " : "", path,
				path[strlen(path) - 1] == '/' ? "LINE" : "");
	}
	api_refuse(a, 404, "unknown path %.200s; the paths are %s", r->path, buf_str(&paths));
	buf_free(&paths);
}

/* No route has path and method. */
static void refuse_path(const struct api_request *r, struct api_answer *a)
{
	const char *allow = NULL;
	int methods = 0;

	for (int i = 0; i < ROUTES; i++) {
		if (!is_path(routes[i].path, r->path))
			continue;
		allow = routes[i].method;
		methods++;
	}
	if (!methods) {
		refuse_unknown(r, a);
		return;
	}
	a->allow = methods > 1 ? "GET, POST" : allow;
	api_refuse(a, 405, "%s does not accept %s, only %s", r->path, r->method, a->allow);
}

static bool parameters_fit(
	const struct api_route *route, const struct api_request *r, struct api_answer *a)
{
	char word[sizeof(r->parameter[0].name) + 3];

	if (r->bad)
		return api_refuse(a, 400, "%s", r->bad);
	for (int i = 0; i < r->n_parameters; i++) {
		const char *name = r->parameter[i].name;

		snprintf(word, sizeof(word), " %s ", name);
		if (strchr(name, ' ') || !strstr(route->parameters, word))
			return api_refuse(a, 400, "%s takes no parameter \"%s\"; it takes%s",
				r->path, name, route->parameters[1] ? route->parameters : " none");
		if (api_value(r, name) != r->parameter[i].value)
			return api_refuse(a, 400, "%s is given twice", name);
	}
	return true;
}

void api_respond(const struct api *api, const struct api_request *r, struct api_answer *a)
{
	if (api->service && api->service->respond(api->service->ctx, r, a))
		return;
	for (int i = 0; i < ROUTES; i++) {
		const struct api_route *route = &routes[i];

		if (!is_path(route->path, r->path) || !is_method(route->method, r->method))
			continue;
		if (parameters_fit(route, r, a))
			route->answer(api, r, a);
		return;
	}
	refuse_path(r, a);
}
