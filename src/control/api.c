#include "control/api.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "base/text.h"
#include "control/api_impl.h"
#include "control/metrics.h"
#include "snapshot_json.h"

enum { ANSWER_MAX = 8 << 20, ALLOW_SIZE = 32 };

const char api_type_json[] = "application/json";
const char api_type_events[] = "text/event-stream";

void api_answer_init(struct api_answer *a)
{
	memset(a, 0, sizeof(*a));
	a->status = 200;
	a->type = api_type_json;
	buf_init(&a->body, ANSWER_MAX);
}

void api_answer_free(struct api_answer *a)
{
	buf_free(&a->body);
}

/* ---- errors ---- */

static const struct {
	int status;
	const char *kind;
} kinds[] = {
	{400, "bad_request"},
	{403, "forbidden"},
	{404, "not_found"},
	{405, "method_not_allowed"},
	{413, "too_large"},
	{429, "busy"},
	{503, "unavailable"},
};

void api_error(int status, const char *message, struct buf *out)
{
	struct json_writer w = json_writer_to(out);
	const char *kind = "error";

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].status == status)
			kind = kinds[i].kind;
	json_open_object(&w);
	json_member_object(&w, "error");
	json_member_text(&w, "kind", kind);
	json_member_text(&w, "message", message);
	json_close_object(&w);
	json_close_object(&w);
}

bool api_refuse(struct api_answer *a, int status, const char *format, ...)
{
	char raw[600], text[600];
	va_list ap;

	va_start(ap, format);
	vsnprintf(raw, sizeof(raw), format, ap);
	va_end(ap);
	text_sanitise(text, sizeof(text), raw, strlen(raw));
	a->status = status;
	a->type = api_type_json;
	buf_clear(&a->body);
	api_error(status, text, &a->body);
	return false;
}

/* ---- the query ---- */

void api_add_parameter(
	struct api_request *r, const char *name, size_t name_len, const char *value, size_t len)
{
	struct api_parameter *p = &r->parameter[r->n_parameters];

	if (r->n_parameters == API_PARAMETERS)
		r->bad = "too many parameters";
	else if (name_len >= sizeof(p->name) || memchr(name, '\0', name_len))
		r->bad = "the name of a parameter is too long";
	else if (len >= sizeof(p->value))
		r->bad = "the value of a parameter is too long";
	else if (memchr(value, '\0', len))
		r->bad = "the value of a parameter is no text";
	if (r->bad)
		return;
	memcpy(p->name, name, name_len);
	p->name[name_len] = '\0';
	memcpy(p->value, value, len);
	p->value[len] = '\0';
	r->n_parameters++;
}

const char *api_value(const struct api_request *r, const char *name)
{
	for (int i = 0; i < r->n_parameters; i++)
		if (!strcmp(r->parameter[i].name, name))
			return r->parameter[i].value;
	return NULL;
}

bool api_number(const struct api_request *r, const char *name, int64_t min, int64_t max,
	int64_t *out, struct api_answer *a)
{
	const char *value = api_value(r, name);

	if (!value || parse_count(value, min, max, out))
		return true;
	return api_refuse(a, 400, "%s: \"%s\" is no number from %lld to %lld", name, value,
		(long long)min, (long long)max);
}

bool api_flag(const struct api_request *r, const char *name, bool *out, struct api_answer *a)
{
	const char *value = api_value(r, name);

	if (!value)
		return true;
	if ((value[0] != '0' && value[0] != '1') || value[1])
		return api_refuse(a, 400, "%s: \"%s\" is neither 0 nor 1", name, value);
	*out = value[0] == '1';
	return true;
}

/* ---- routes ---- */

static void get_snapshot(const struct api *api, const struct api_request *r, struct api_answer *a)
{
	struct json_writer w = json_writer_to(&a->body);

	(void)r;
	snapshot_json_of(&w, &api->port);
}

static void get_metrics(const struct api *api, const struct api_request *r, struct api_answer *a)
{
	enum metrics_format format = metrics_accepted(r->accept);

	metrics_of_port(&a->body, &api->port, format);
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
	{"GET", "/v1/items", " filter sort descending active offset limit ", api_get_items},
	{"GET", "/v1/items/", " content ", api_get_item},
	{"GET", "/v1/errors", " limit ", api_get_errors},
	{"GET", "/v1/events", " since wait limit ", api_get_events},
	{"GET", "/v1/commands", " ", api_get_commands},
	{"POST", "/v1/commands", " ", api_post_command},
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
		api_refuse(a, 404,
			"there is no %s; the paths are /v1/snapshot, /v1/items, /v1/items/LINE, "
			"/v1/errors, /v1/events, /v1/commands, /metrics, /healthz",
			r->path);
		return;
	}
	a->allow = methods > 1 ? "GET, POST" : allow;
	api_refuse(a, 405, "%s does not take %s but %s", r->path, r->method, a->allow);
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

void api_answer(const struct api *api, const struct api_request *r, struct api_answer *a)
{
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
