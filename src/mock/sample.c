#include "mock/sample.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "mock/phrases.h"

enum {
	MAX_VALUES = 2000,
	MAX_DEPTH = 32,
	DEEP = 5, /* from here on whatever ends a recursive schema is preferred */
	MAX_REFERENCES = 16,
	USUAL_ITEMS = 2,
	USUAL_TEXT = 24,
	MAX_TEXT = 4000,
	USUAL_SPAN = 100, /* of numbers */
};

struct sampler {
	json_t *root; /* borrowed */
	struct rng rng;
	int left; /* values that may still be made */
};

static json_t *make(struct sampler *s, json_t *schema, int depth);

/* The schema that "#/$defs/name" names; NULL: there is none. */
static json_t *follow(json_t *at, const char *reference)
{
	char *path, *step, *save;

	if (*reference++ != '#')
		return NULL;
	path = strdup(reference);
	for (step = path ? strtok_r(path, "/", &save) : NULL; step;
		step = strtok_r(NULL, "/", &save))
		at = json_is_array(at) ? json_array_get(at, strtoul(step, NULL, 10))
				       : json_object_get(at, step);
	free(path);
	return at;
}

static json_t *resolve(const struct sampler *s, json_t *schema)
{
	const char *reference;

	for (int i = 0; i < MAX_REFERENCES; i++) {
		reference = json_string_value(json_object_get(schema, "$ref"));
		if (!reference)
			return schema;
		schema = follow(s->root, reference);
	}
	return NULL;
}

static int pick(struct sampler *s, size_t n)
{
	return (int)(rng_uniform(&s->rng) * (double)n);
}

static double bound(json_t *schema, const char *name, double otherwise)
{
	json_t *v = json_object_get(schema, name);

	return json_is_number(v) ? json_number_value(v) : otherwise;
}

static bool has_bound(json_t *schema, const char *name)
{
	return json_is_number(json_object_get(schema, name));
}

static json_t *make_number(struct sampler *s, json_t *schema, bool whole)
{
	double step = bound(schema, "multipleOf", whole ? 1 : 0), low, high, n;

	low = bound(schema, "minimum", -INFINITY);
	high = bound(schema, "maximum", INFINITY);
	if (has_bound(schema, "exclusiveMinimum"))
		low = fmax(low, bound(schema, "exclusiveMinimum", 0) + (whole ? 1 : 1e-3));
	if (has_bound(schema, "exclusiveMaximum"))
		high = fmin(high, bound(schema, "exclusiveMaximum", 0) - (whole ? 1 : 1e-3));
	if (isinf(low))
		low = isinf(high) ? 1 : high - USUAL_SPAN;
	if (isinf(high))
		high = low + USUAL_SPAN;
	n = low + rng_uniform(&s->rng) * (high - low);
	if (step > 0) {
		n = floor(n / step) * step;
		if (n < low)
			n += step;
	} else {
		n = fmin(high, fmax(low, round(n * 100) / 100));
	}
	if (whole && fabs(n) < 9e15)
		return json_integer((json_int_t)n);
	return json_real(n);
}

/* Strings of the formats that structured outputs know. */
static const char *of_format(const char *format)
{
	static const char *const formats[][2] = {
		{"date", "2026-03-14"},
		{"date-time", "2026-03-14T09:30:00Z"},
		{"duration", "PT1H30M"},
		{"email", "ada@example.com"},
		{"hostname", "example.com"},
		{"ipv4", "192.0.2.7"},
		{"ipv6", "2001:db8::7"},
		{"time", "09:30:00Z"},
		{"uri", "https://example.com/a"},
		{"uuid", "3f2b6c1e-8d4a-4e7b-9a51-0c6d2f8e7b13"},
	};

	for (size_t i = 0; format && i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(format, formats[i][0]) == 0)
			return formats[i][1];
	return NULL;
}

static json_t *make_string(struct sampler *s, json_t *schema)
{
	const char *fixed = of_format(json_string_value(json_object_get(schema, "format")));
	double least = fmin(MAX_TEXT, bound(schema, "minLength", 0));
	double most = fmax(least, bound(schema, "maxLength", MAX_TEXT));
	struct buf text;
	json_t *v;

	if (fixed)
		return json_string(fixed);
	buf_init(&text, SIZE_MAX / 2);
	phrase_text(&s->rng, (size_t)fmax(least, USUAL_TEXT), &text);
	v = json_stringn(text.data, (double)text.len > most ? (size_t)most : text.len);
	buf_free(&text);
	return v;
}

static json_t *make_array(struct sampler *s, json_t *schema, int depth)
{
	json_t *items = json_object_get(schema, "items"),
	       *first = json_object_get(schema, "prefixItems");
	json_t *out = json_array();
	double n = depth < DEEP ? USUAL_ITEMS : 0;

	n = fmax(n, (double)json_array_size(first));
	n = fmin(fmax(n, bound(schema, "minItems", 0)), bound(schema, "maxItems", MAX_VALUES));
	for (size_t i = 0; (double)i < n && s->left > 0; i++) {
		json_t *item = json_array_get(first, i);

		json_array_append_new(out, make(s, item ? item : items, depth + 1));
	}
	return out;
}

static bool is_required(json_t *schema, const char *name)
{
	json_t *required = json_object_get(schema, "required");
	size_t i;
	json_t *v;

	json_array_foreach(required, i, v)
	{
		if (json_is_string(v) && strcmp(json_string_value(v), name) == 0)
			return true;
	}
	return false;
}

static json_t *make_object(struct sampler *s, json_t *schema, int depth)
{
	json_t *out = json_object(), *property;
	const char *name;

	json_object_foreach(json_object_get(schema, "properties"), name, property)
	{
		if (depth < DEEP || is_required(schema, name))
			json_object_set_new(out, name, make(s, property, depth + 1));
	}
	return out;
}

static bool is_null(json_t *schema)
{
	const char *type = json_string_value(json_object_get(schema, "type"));

	return type && strcmp(type, "null") == 0;
}

/* One of several schemas: the first, but far down one that ends a recursion. */
static json_t *make_one_of(struct sampler *s, json_t *choices, int depth)
{
	json_t *first = NULL, *flat = NULL, *v;
	size_t i;

	json_array_foreach(choices, i, v)
	{
		bool ends = is_null(v);

		if (ends && depth >= DEEP)
			return json_null();
		if (!first || is_null(first))
			first = v;
		if (!flat && !ends && !json_object_get(v, "$ref"))
			flat = v;
	}
	return make(s, depth >= DEEP && flat ? flat : first, depth + 1);
}

/* All of several schemas at once: their objects' members together, else the first. */
static json_t *make_all_of(struct sampler *s, json_t *schema, json_t *parts, int depth)
{
	json_t *out = make_object(s, schema, depth), *v, *part;
	size_t i;

	json_array_foreach(parts, i, v)
	{
		part = make(s, v, depth + 1);
		if (json_is_object(part)) {
			json_object_update(out, part);
			json_decref(part);
		} else {
			json_decref(out);
			return part;
		}
	}
	return out;
}

/* The type's name; of several the first that is not null, but far down null. */
static const char *type_of(json_t *schema, int depth)
{
	json_t *type = json_object_get(schema, "type"), *v;
	const char *name = NULL;
	size_t i;

	if (json_is_string(type))
		return json_string_value(type);
	json_array_foreach(type, i, v)
	{
		bool is_null_type = json_is_string(v) && !strcmp(json_string_value(v), "null");

		if (is_null_type && depth >= DEEP)
			return "null";
		if (json_is_string(v) && (!name || !strcmp(name, "null")))
			name = json_string_value(v);
	}
	if (name)
		return name;
	if (json_object_get(schema, "properties"))
		return "object";
	return json_object_get(schema, "items") ? "array" : "string";
}

static json_t *make_typed(struct sampler *s, json_t *schema, int depth)
{
	const char *type = type_of(schema, depth);

	if (strcmp(type, "object") == 0)
		return make_object(s, schema, depth);
	if (strcmp(type, "array") == 0)
		return make_array(s, schema, depth);
	if (strcmp(type, "integer") == 0)
		return make_number(s, schema, true);
	if (strcmp(type, "number") == 0)
		return make_number(s, schema, false);
	if (strcmp(type, "boolean") == 0)
		return json_boolean(pick(s, 2));
	return strcmp(type, "null") == 0 ? json_null() : make_string(s, schema);
}

static json_t *make(struct sampler *s, json_t *schema, int depth)
{
	static const char *const choices[] = {"anyOf", "oneOf"};
	json_t *v;

	schema = resolve(s, schema);
	if (--s->left < 0 || depth > MAX_DEPTH)
		return json_null();
	v = json_object_get(schema, "const");
	if (v)
		return json_deep_copy(v);
	v = json_object_get(schema, "enum");
	if (json_array_size(v))
		return json_deep_copy(json_array_get(v, (size_t)pick(s, json_array_size(v))));
	for (int i = 0; i < 2; i++) {
		v = json_object_get(schema, choices[i]);
		if (json_array_size(v))
			return make_one_of(s, v, depth);
	}
	v = json_object_get(schema, "allOf");
	if (json_array_size(v))
		return make_all_of(s, schema, v, depth);
	return make_typed(s, schema, depth);
}

void sample_write(struct json_span schema, uint64_t seed, struct buf *out)
{
	struct sampler s = {.left = MAX_VALUES};
	json_t *value;
	char *text;

	rng_seed(&s.rng, seed);
	s.root = schema.at
			 ? json_loadb(schema.at, schema.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL)
			 : NULL;
	value = json_is_object(s.root) ? make(&s, s.root, 0) : json_object();
	text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	buf_adds(out, text ? text : "{}");
	free(text);
	json_decref(value);
	json_decref(s.root);
}
