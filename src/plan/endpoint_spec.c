#include "plan/endpoint_spec.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/provider.h"
#include "api/request.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/parse.h"

enum { MEMBER_MAX = 4096, CONCURRENCY_MAX = 100000 };

enum member_type {
	MEMBER_URL,
	MEMBER_TEXT,
	MEMBER_VARIABLE,
	MEMBER_PROVIDER,
	MEMBER_VERSION,
	MEMBER_MODELS,
	MEMBER_NUMBER,
	MEMBER_COUNT
};

struct member {
	const char *name;
	enum member_type type;
	size_t offset;
	double min; /* of numbers */
};

#define AT(field) offsetof(struct endpoint_spec, field)

static const struct member members[] = {
	{"url", MEMBER_URL, AT(url), 0},
	{"provider", MEMBER_PROVIDER, AT(provider), 0},
	{"api-version", MEMBER_VERSION, AT(api_version), 0},
	{"key-env", MEMBER_VARIABLE, AT(key_env), 0},
	{"key-file", MEMBER_TEXT, AT(key_file), 0},
	{"key-command", MEMBER_TEXT, AT(key_command), 0},
	{"weight", MEMBER_NUMBER, AT(weight), 0},
	{"rpm", MEMBER_NUMBER, AT(rpm), 0.001},
	{"tpm", MEMBER_NUMBER, AT(tpm), 0.001},
	{"concurrency", MEMBER_COUNT, AT(concurrency), 1},
	{"max-concurrency", MEMBER_COUNT, AT(max_concurrency), 1},
	{"models", MEMBER_MODELS, AT(models), 0},
	{"fallback", MEMBER_TEXT, AT(fallback), 0},
};

static const struct member *find(const char *name)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (!strcmp(members[i].name, name))
			return &members[i];
	return NULL;
}

static bool read_number(const char *value, double *out)
{
	int64_t whole;

	if (!parse_count(value, 0, INT64_MAX, &whole)) /* "90k" */
		return parse_double(value, out);
	*out = (double)whole;
	return true;
}

static bool set_text(char **at, const char *value)
{
	free(*at);
	*at = xstrdup(value);
	return true;
}

/* Replaces the list, without blanks around its commas. */
static bool set_models(struct endpoint_spec *spec, const char *value, struct error *err)
{
	struct buf list;
	bool good = true;

	buf_init(&list, MEMBER_MAX);
	for (size_t len; good; value += len + 1) {
		const char *at = value + strspn(value, " \t");
		const char *end;

		len = strcspn(value, ",");
		end = value + len;
		while (end > at && strchr(" \t", end[-1]))
			end--;
		good = end > at && (!list.len || buf_addc(&list, ',')) &&
		       buf_add(&list, at, (size_t)(end - at));
		if (!value[len])
			break;
	}
	if (good)
		set_text(&spec->models, buf_str(&list));
	buf_free(&list);
	return good || error_set(err, "endpoint %s: models takes model names separated by commas",
			       spec->name);
}

static const char model_rpm[] = "rpm.";

/* The model of a member "rpm.MODEL"; NULL: it is another member. */
static const char *model_of(const char *name)
{
	return strncmp(name, model_rpm, strlen(model_rpm)) ? NULL : name + strlen(model_rpm);
}

bool endpoint_spec_knows(const char *name)
{
	return model_of(name) || find(name);
}

static struct model_limit *limit_of(struct endpoint_spec *spec, const char *model)
{
	struct model_limit *limit;

	for (size_t i = 0; i < spec->n_model_rpm; i++)
		if (!strcmp(spec->model_rpm[i].model, model))
			return &spec->model_rpm[i];
	spec->model_rpm =
		xrealloc(spec->model_rpm, spec->n_model_rpm + 1, sizeof(*spec->model_rpm));
	limit = &spec->model_rpm[spec->n_model_rpm++];
	snprintf(limit->model, sizeof(limit->model), "%s", model);
	return limit;
}

/* A name such as llama3:8b arrives in two parts from a file, where a colon ends a name, too. */
static bool set_model_rpm(
	struct endpoint_spec *spec, const char *model, const char *value, struct error *err)
{
	const char *equals = strrchr(value, '=');
	char name[LANE_MODEL_SIZE];
	size_t tail = equals ? (size_t)(equals - value) : 0;
	double rpm;
	int len;

	while (tail && strchr(" \t", value[tail - 1]))
		tail--;
	len = snprintf(name, sizeof(name), "%s%s%.*s", model, equals ? ":" : "", (int)tail, value);
	if (equals)
		value = equals + 1 + strspn(equals + 1, " \t");
	if (!name[0] || len >= (int)sizeof(name))
		return error_set(err,
			"endpoint %s: rpm.MODEL takes the name of a model, up to %d bytes",
			spec->name, LANE_MODEL_SIZE - 1);
	if (!read_number(value, &rpm) || rpm < 0.001)
		return error_set(err, "endpoint %s: rpm.%s takes a number of at least 0.001",
			spec->name, name);
	limit_of(spec, name)->rpm = rpm;
	return true;
}

/* Is this a valid value of the member? The text is stored unchanged. */
static bool check_text(const struct endpoint_spec *spec, const struct member *m, const char *value,
	struct error *err)
{
	struct error why = {""};

	switch (m->type) {
	case MEMBER_URL:
		return request_base_valid(value, &why) ||
		       error_set(err, "endpoint %s: %s", spec->name, why.text);
	case MEMBER_VARIABLE:
		return parse_is_variable(value) ||
		       error_set(err,
			       "endpoint %s: %s takes the name of a variable, never the key itself",
			       spec->name, m->name);
	case MEMBER_PROVIDER:
		return !strcmp(value, "auto") || provider_by_name(value) ||
		       error_set(err, "endpoint %s: unknown provider \"%.40s\"", spec->name, value);
	case MEMBER_VERSION:
		return provider_version_valid(value) ||
		       error_set(err,
			       "endpoint %s: %s takes a version such as 2024-10-21 or preview",
			       spec->name, m->name);
	default:
		return value[0] || error_set(err, "endpoint %s: %s is empty", spec->name, m->name);
	}
}

bool endpoint_spec_set(
	struct endpoint_spec *spec, const char *name, const char *value, struct error *err)
{
	const struct member *m = find(name);
	double number;
	void *at;

	if (model_of(name))
		return set_model_rpm(spec, model_of(name), value, err);
	if (!m)
		return error_set(err,
			"endpoint %s: unknown member \"%.40s\"; the members are url, provider, "
			"api-version, key-env, key-file, key-command, weight, rpm, rpm.MODEL, tpm, "
			"concurrency, max-concurrency, models, fallback",
			spec->name, name);
	at = (char *)spec + m->offset;
	switch (m->type) {
	case MEMBER_NUMBER:
		if (!read_number(value, &number) || number < m->min)
			return error_set(err, "endpoint %s: %s takes a number of at least %g",
				spec->name, m->name, m->min);
		*(double *)at = number;
		return true;
	case MEMBER_COUNT:
		return parse_count(value, (int64_t)m->min, CONCURRENCY_MAX, at) ||
		       error_set(err, "endpoint %s: %s takes a whole number from %g to %d",
			       spec->name, m->name, m->min, CONCURRENCY_MAX);
	case MEMBER_MODELS:
		return set_models(spec, value, err);
	case MEMBER_URL:
	case MEMBER_TEXT:
	case MEMBER_VARIABLE:
	case MEMBER_PROVIDER:
	case MEMBER_VERSION:
		return check_text(spec, m, value, err) && set_text(at, value);
	}
	return false;
}

/* Names are shown in columns and typed in commands. */
bool endpoint_spec_init(struct endpoint_spec *spec, const char *text, size_t len, struct error *err)
{
	bool good = len && len < sizeof(spec->name);

	*spec = (struct endpoint_spec){.weight = 1};
	for (size_t i = 0; good && i < len; i++)
		good = isalnum((unsigned char)text[i]) || strchr("-_.", text[i]);
	if (!good)
		return error_set(err,
			"the name of an endpoint (--endpoint NAME=URL,..., [endpoint NAME]) takes "
			"up to %zu letters, digits, - _ and .",
			sizeof(spec->name) - 1);
	memcpy(spec->name, text, len);
	spec->name[len] = '\0';
	return true;
}

/* The part continues the value of the member before it, behind a comma. */
static bool continue_value(
	struct endpoint_spec *spec, const char *member, const char *part, struct error *err)
{
	const struct member *m = find(member);
	struct buf value;
	bool good;

	buf_init(&value, 2 * MEMBER_MAX);
	buf_addf(&value, "%s,%s", *(char **)(void *)((char *)spec + m->offset), part);
	good = endpoint_spec_set(spec, member, buf_str(&value), err);
	buf_free(&value);
	return good;
}

/* The place of a part in "NAME=URL,…". */
enum place { PLACE_FIRST, PLACE_BEHIND, PLACE_BEHIND_MODELS, PLACE_BEHIND_COMMAND };

/* Does it continue the value of a list of models, or of a command with commas? */
static bool continues(enum place place, const char *part, size_t name)
{
	char member[MEMBER_MAX];

	if (place == PLACE_BEHIND_MODELS)
		return !part[name];
	snprintf(member, sizeof(member), "%.*s", (int)name, part);
	return place == PLACE_BEHIND_COMMAND && (!part[name] || !endpoint_spec_knows(member));
}

/* One "member=value" of the list; the first is the URL alone. */
static bool set_part(struct endpoint_spec *spec, const char *text, size_t len, enum place *place,
	struct error *err)
{
	enum place here = *place;
	char part[MEMBER_MAX];
	char *equals;

	if (len >= sizeof(part))
		return error_set(err, "endpoint %s: a member is too long", spec->name);
	memcpy(part, text, len);
	part[len] = '\0';
	*place = PLACE_BEHIND;
	if (here == PLACE_FIRST)
		return endpoint_spec_set(spec, "url", part, err);
	if (continues(here, part, strcspn(part, "="))) {
		*place = here;
		return continue_value(
			spec, here == PLACE_BEHIND_MODELS ? "models" : "key-command", part, err);
	}
	equals = strchr(part, '=');
	if (!equals)
		return error_set(err,
			"endpoint %s: after the URL, give members as NAME=VALUE, separated by "
			"commas",
			spec->name);
	*equals = '\0';
	if (!strcmp(part, "models"))
		*place = PLACE_BEHIND_MODELS;
	if (!strcmp(part, "key-command"))
		*place = PLACE_BEHIND_COMMAND;
	return endpoint_spec_set(spec, part, equals + 1, err);
}

bool endpoint_spec_parse(const char *text, struct endpoint_spec *out, struct error *err)
{
	size_t name = strcspn(text, "=");
	enum place place = PLACE_FIRST;

	if (!text[name])
		name = 0;
	if (!endpoint_spec_init(out, text, name, err))
		return false;
	for (const char *at = text + name + 1;;) {
		size_t len = strcspn(at, ",");

		if (!set_part(out, at, len, &place, err))
			return false;
		if (!at[len])
			return true;
		at += len + 1;
	}
}

/* The next text that the spec owns, from the i-th member on; NULL when there is no more. */
static char **next_text(struct endpoint_spec *spec, size_t *i)
{
	for (; *i < sizeof(members) / sizeof(members[0]); ++*i)
		if (members[*i].type != MEMBER_NUMBER && members[*i].type != MEMBER_COUNT)
			return (char **)(void *)((char *)spec + members[(*i)++].offset);
	return (*i)++ == sizeof(members) / sizeof(members[0]) ? &spec->origin : NULL;
}

void endpoint_spec_copy(const struct endpoint_spec *spec, struct endpoint_spec *out)
{
	char **text;

	*out = *spec;
	for (size_t i = 0; (text = next_text(out, &i));)
		*text = *text ? xstrdup(*text) : NULL;
	if (!spec->n_model_rpm)
		return;
	out->model_rpm = xcalloc(spec->n_model_rpm, sizeof(*spec->model_rpm));
	memcpy(out->model_rpm, spec->model_rpm, spec->n_model_rpm * sizeof(*spec->model_rpm));
}

void endpoint_spec_free(struct endpoint_spec *spec)
{
	char **text;

	for (size_t i = 0; (text = next_text(spec, &i));)
		free(*text);
	free(spec->model_rpm);
	*spec = (struct endpoint_spec){.url = NULL};
}

static const struct endpoint_spec *named(
	const struct endpoint_spec *spec, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(spec[i].name, name))
			return &spec[i];
	return NULL;
}

/* The error of an endpoint, after the place of its definition. */
static bool refuse(const struct endpoint_spec *spec, const char *what, struct error *err)
{
	return error_set(err, "%s%sendpoint %s: %s", spec->origin ? spec->origin : "",
		spec->origin ? ": " : "", spec->name, what);
}

static bool check_one(const struct endpoint_spec *all, size_t n, size_t i, struct error *err)
{
	const struct endpoint_spec *spec = &all[i];
	struct error what;

	if (!spec->url)
		return refuse(spec, "the url is missing", err);
	if (named(all, i, spec->name))
		return refuse(spec, "the name is used twice", err);
	if (!!spec->key_env + !!spec->key_file + !!spec->key_command > 1)
		return refuse(spec, "give it one of key-env, key-file and key-command", err);
	if (!spec->fallback)
		return true;
	if (!strcmp(spec->fallback, spec->name))
		return refuse(spec, "it cannot be its own fallback", err);
	if (named(all, n, spec->fallback))
		return true;
	error_set(&what, "its fallback \"%.40s\" does not exist", spec->fallback);
	return refuse(spec, what.text, err);
}

bool endpoint_specs_check(const struct endpoint_spec *spec, size_t n, struct error *err)
{
	double weight = 0;

	if (n > ENDPOINTS_MAX)
		return error_set(err, "at most %d endpoints", ENDPOINTS_MAX);
	for (size_t i = 0; i < n; i++) {
		weight += spec[i].weight;
		if (!check_one(spec, n, i, err))
			return false;
	}
	if (n && weight <= 0)
		return error_set(err, "at least one endpoint must have a weight above 0");
	return true;
}
