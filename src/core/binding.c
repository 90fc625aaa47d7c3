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
	return error_set(err, "unknown endpoint \"%s\"; the endpoints are %s", shown, names);
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

/* The set of a model that was asked for lately. */
static bool is_bound(const struct routes *r, const struct buf *model, uint32_t *set)
{
	const struct bound_models *b = r->bound;

	for (int i = 0; b && model->len && i < BOUND_MODELS; i++)
		if (strlen(b->model[i]) == model->len &&
			!memcmp(b->model[i], model->data, model->len)) {
			*set = b->set[i];
			return true;
		}
	return false;
}

static void keep_bound(const struct routes *r, const struct buf *model, uint32_t set)
{
	struct bound_models *b = r->bound;
	unsigned i;

	if (!b || !model->len || model->len >= MODEL_SIZE || memchr(model->data, '\0', model->len))
		return;
	i = b->next++ % BOUND_MODELS;
	memcpy(b->model[i], model->data, model->len);
	b->model[i][model->len] = '\0';
	b->set[i] = set;
}

/* The set of the surest kind; 0: none. */
static uint32_t find_set(const struct routes *r, const struct buf *model)
{
	uint32_t sets[ROUTES_KINDS] = {0};
	bool takes[ROUTES_KINDS] = {false};

	for (int i = 0; i < r->n; i++)
		add_route(&r->at[i], i, model, sets, takes);
	for (int kind = 0; kind < ROUTES_KINDS; kind++)
		if (takes[kind])
			return set_or_all(r, sets[kind]);
	return 0;
}

static bool for_model(
	const struct routes *r, struct json_span model, uint32_t *set, struct error *err)
{
	char shown[64];
	struct buf text;

	buf_init(&text, SOURCE_MAX_LINE);
	if (model.at)
		json_string_decode(model, &text);
	if (!is_bound(r, &text, set)) {
		*set = find_set(r, &text);
		keep_bound(r, &text, *set);
	}
	text_sanitise(shown, sizeof(shown), buf_str(&text), text.len);
	buf_free(&text);
	if (*set)
		return true;
	return model.at ? error_set(err, "no endpoint serves the model \"%s\"", shown)
			: error_set(err, "no endpoint accepts a request without a model");
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

void routes_set_models(struct routes *r, int i, const char *models, bool told)
{
	r->at[i].models = models;
	r->at[i].told = told;
	r->by_model = false;
	for (int k = 0; k < r->n; k++)
		r->by_model = r->by_model || r->at[k].models;
	if (r->bound)
		*r->bound = (struct bound_models){.next = 0};
}
