#include "core/binding.h"

#include <stdio.h>
#include <string.h>

#include "api/model_name.h"
#include "base/text.h"
#include "input/source.h"

/* All of them are no set of their own. */
static uint32_t set_or_all(const struct routes *r, uint32_t set)
{
	return set == route_bit(r->n) - 1 ? ROUTES_ALL : set;
}

/* The list of names for a message. */
static void add_names(const struct routes *r, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (int i = 0; i < r->n && len < size; i++)
		len += (size_t)snprintf(
			out + len, size - len, "%s%s", i ? ", " : "", r->at[i].name);
}

static bool for_name(
	const struct routes *r, struct json_span name, uint32_t *set, struct error *err)
{
	char shown[ENDPOINT_NAME_SIZE + 16], names[120];
	struct buf text;
	int i;

	if (!json_span_is(name, JSON_VALUE_STRING))
		return error_set(err, "endpoint must be a string");
	buf_init(&text, SOURCE_MAX_LINE);
	json_string_decode(name, &text);
	i = strlen(buf_str(&text)) == text.len ? routes_find(r, buf_str(&text)) : ROUTE_NONE;
	text_sanitise(shown, sizeof(shown), buf_str(&text), text.len);
	buf_free(&text);
	if (i != ROUTE_NONE) {
		*set = set_or_all(r, route_bit(i));
		return true;
	}
	add_names(r, names, sizeof(names));
	return error_set(err, "there is no endpoint \"%s\", only %s", shown, names);
}

/* The routes that take a model, the surest first. */
enum { ROUTES_NAMED, ROUTES_OPEN, ROUTES_TOLD, ROUTES_KINDS };

/* What a route without a weight gets is only what others leave it. */
static void add_route(const struct route *route, int i, const struct buf *model,
	uint32_t set[ROUTES_KINDS], bool takes[ROUTES_KINDS])
{
	int kind;

	if (model->len && route->models &&
		model_names_have(route->models, model->data, model->len, route->told))
		kind = ROUTES_NAMED;
	else if (!route->models)
		kind = ROUTES_OPEN;
	else if (route->told)
		kind = ROUTES_TOLD;
	else
		return;
	set[kind] |= route_bit(i);
	takes[kind] = takes[kind] || !route->spare || kind == ROUTES_NAMED;
}

static bool for_model(
	const struct routes *r, struct json_span model, uint32_t *set, struct error *err)
{
	uint32_t sets[ROUTES_KINDS] = {0};
	bool takes[ROUTES_KINDS] = {false};
	char shown[64];
	struct buf text;

	buf_init(&text, SOURCE_MAX_LINE);
	if (model.at)
		json_string_decode(model, &text);
	for (int i = 0; i < r->n; i++)
		add_route(&r->at[i], i, &text, sets, takes);
	text_sanitise(shown, sizeof(shown), buf_str(&text), text.len);
	buf_free(&text);
	for (int kind = 0; kind < ROUTES_KINDS; kind++)
		if (takes[kind]) {
			*set = set_or_all(r, sets[kind]);
			return true;
		}
	return model.at ? error_set(err, "no endpoint takes the model \"%s\"", shown)
			: error_set(err, "no endpoint takes a request without a model");
}

bool routes_for(
	const struct routes *r, const struct request_line *line, uint32_t *set, struct error *err)
{
	if (line->endpoint.at && !json_span_is(line->endpoint, JSON_VALUE_NULL))
		return for_name(r, line->endpoint, set, err);
	if (r->by_model)
		return for_model(r, line->model, set, err);
	*set = ROUTES_ALL;
	return true;
}
