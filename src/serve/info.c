#include "serve/info.h"

#include <ctype.h>
#include <string.h>

#include "config.h"
#include "control/metrics.h"
#include "serve/routes.h"
#include "serve/service.h"
#include "serve/service_api.h"
#include "serve/service_metrics.h"

enum { TEXT_MAX = 256 << 10, NAME_SIZE = 64, OK = 200 };

void info_health(struct call *c)
{
	const struct service *s = c->service;
	struct buf body;
	struct json_writer w = json_writer_to(&body);

	buf_init(&body, TEXT_MAX);
	json_open_object(&w);
	json_member_text(&w, "status", s->ending ? "ending" : "ok");
	json_member_uint(&w, "open_batches", runner_open(s->runner));
	json_close_object(&w);
	call_answer(c, s->ending ? 503 : 200, &body);
	buf_free(&body);
}

void info_ready(struct call *c)
{
	struct buf body;
	struct json_writer w = json_writer_to(&body);
	int status;

	buf_init(&body, TEXT_MAX);
	status = service_put_ready(c->service, &w);
	call_answer(c, status, &body);
	buf_free(&body);
}

void info_metrics(struct call *c)
{
	enum metrics_format format = metrics_accepted(http_header(c->x, "Accept"));
	struct buf body;

	buf_init(&body, METRICS_MAX);
	if (c->service->tokens)
		service_metrics_of(c->service, c->owner, format, &body);
	else
		service_metrics(c->service, format, &body);
	call_answer_as(c, OK, metrics_content_type(format), &body);
	buf_free(&body);
}

/* ---- /openapi.json, from the table of routes ---- */

static void put_method(struct json_writer *w, const char *method)
{
	char name[NAME_SIZE];
	size_t n = 0;

	for (; method[n] && n + 1 < sizeof(name); n++)
		name[n] = (char)tolower((unsigned char)method[n]);
	json_key_of(w, name, n);
}

static void put_parameters(struct json_writer *w, const char *path)
{
	const char *hole = strchr(path, '{');

	if (!hole)
		return;
	json_member_array(w, "parameters");
	json_open_object(w);
	json_member_string(w, "name", hole + 1, strcspn(hole, "}") - 1);
	json_member_text(w, "in", "path");
	json_member_bool(w, "required", true);
	json_member_object(w, "schema");
	json_member_text(w, "type", "string");
	json_close_object(w);
	json_close_object(w);
	json_close_array(w);
}

static void put_content(struct json_writer *w, const char *type)
{
	json_member_object(w, "content");
	json_key_text(w, type, strlen(type));
	json_open_object(w);
	json_member_object(w, "schema");
	json_member_text(w, "type", "object");
	json_close_object(w);
	json_close_object(w);
	json_close_object(w);
}

static void put_body(struct json_writer *w, const struct route *route)
{
	if (!route->type)
		return;
	json_member_object(w, "requestBody");
	json_member_bool(w, "required", true);
	put_content(w, route->type);
	json_close_object(w);
}

static void put_response(struct json_writer *w, const char *status, const char *what)
{
	json_member_object(w, status);
	json_member_text(w, "description", what);
	json_close_object(w);
}

static void put_route(struct json_writer *w, const struct route *route)
{
	put_method(w, route->method);
	json_open_object(w);
	json_member_text(w, "summary", route->summary);
	if (route->open) {
		json_member_array(w, "security");
		json_close_array(w);
	}
	put_parameters(w, route->path);
	put_body(w, route);
	json_member_object(w, "responses");
	put_response(w, "200", "Done");
	put_response(w, "default", "An error, in the format of this API");
	json_close_object(w);
	json_close_object(w);
}

/* Was the path among the routes before? */
static bool is_first(const struct route *table, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (!strcmp(table[k].path, table[i].path))
			return false;
	return true;
}

static void put_paths(struct json_writer *w)
{
	size_t n;
	const struct route *table = route_table(&n);

	json_member_object(w, "paths");
	for (size_t i = 0; i < n; i++) {
		if (!is_first(table, i))
			continue;
		json_key_text(w, table[i].path, strlen(table[i].path));
		json_open_object(w);
		for (size_t k = i; k < n; k++)
			if (!strcmp(table[k].path, table[i].path))
				put_route(w, &table[k]);
		json_close_object(w);
	}
	json_close_object(w);
}

void info_openapi(struct call *c)
{
	struct buf body;
	struct json_writer w = json_writer_to(&body);

	buf_init(&body, TEXT_MAX);
	json_open_object(&w);
	json_member_text(&w, "openapi", "3.1.0");
	json_member_object(&w, "info");
	json_member_text(&w, "title", "sluice serve");
	json_member_text(&w, "version", PACKAGE_VERSION);
	json_close_object(&w);
	json_member_array(&w, "security");
	json_open_object(&w);
	json_member_array(&w, "bearer");
	json_close_array(&w);
	json_close_object(&w);
	json_close_array(&w);
	put_paths(&w);
	json_member_object(&w, "components");
	json_member_object(&w, "securitySchemes");
	json_member_object(&w, "bearer");
	json_member_text(&w, "type", "http");
	json_member_text(&w, "scheme", "bearer");
	json_close_object(&w);
	json_close_object(&w);
	json_close_object(&w);
	json_close_object(&w);
	call_answer(c, 200, &body);
	buf_free(&body);
}
