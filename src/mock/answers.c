#include "config.h"

#include "mock/answers.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/parse.h"

enum { TEXT_MAX = 16 << 20 };

static char *copy_of(const json_t *v)
{
	return json_is_string(v) ? xstrdup(json_string_value(v)) : NULL;
}

/* A string is the body itself, any other value its JSON. */
static char *body_of(const json_t *v)
{
	char *json, *copy;

	if (!v || json_is_string(v))
		return copy_of(v);
	json = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
	copy = json ? xstrdup(json) : NULL;
	free(json);
	return copy;
}

static bool is_text(const json_t *v)
{
	return json_is_string(v);
}

static bool is_whole(const json_t *v)
{
	return json_is_integer(v);
}

/* The text between the quotes of a JSON string. */
static char *inside_of(const json_t *v)
{
	struct buf text;
	char *copy;

	if (!json_is_string(v))
		return NULL;
	buf_init(&text, TEXT_MAX);
	json_add_string(&text, json_string_value(v), json_string_length(v));
	copy = text.len > 1 ? xstrndup(text.data + 1, text.len - 2) : NULL;
	buf_free(&text);
	return copy;
}

static bool is_text_or_null(const json_t *v)
{
	return json_is_string(v) || json_is_null(v);
}

static bool is_flag(const json_t *v)
{
	return json_is_boolean(v);
}

static bool is_count(const json_t *v)
{
	return json_is_integer(v) && json_integer_value(v) > 0;
}

static bool is_duration(const json_t *v)
{
	int64_t us;

	return json_is_string(v) && parse_duration_us(json_string_value(v), &us);
}

/* Header values without control characters. */
static bool are_headers(const json_t *v)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)v, name, value)
	{
		const char *text = json_string_value(value);

		if (!text || !*name || name[strcspn(name, " :\r\n")])
			return false;
		for (; *text; text++)
			if ((unsigned char)*text < ' ' || *text == '\x7f')
				return false;
	}
	return json_is_object(v);
}

/* Are all members known and of the right types? */
static bool check_members(json_t *v, struct error *err)
{
	static const struct {
		const char *name, *type;
		bool (*is)(const json_t *v);
	} members[] = {{"path", "a text", is_text}, {"has", "a text", is_text},
		{"status", "a whole number", is_whole},
		{"text", "a string or null", is_text_or_null}, {"body", "", NULL},
		{"finish", "a text", is_text},
		{"latency", "a duration such as \"2s\"", is_duration},
		{"times", "a whole number above 0", is_count}, {"drop", "true or false", is_flag},
		{"headers", "an object of strings", are_headers}};
	enum { N = sizeof(members) / sizeof(members[0]) };
	const char *name;
	json_t *member;

	json_object_foreach(v, name, member)
	{
		size_t i = 0;

		while (i < N && strcmp(members[i].name, name))
			i++;
		if (i == N)
			return error_set(err, "unknown member '%.40s'", name);
		if (members[i].is && !members[i].is(member))
			return error_set(err, "%s is not %s", name, members[i].type);
	}
	return true;
}

static void take_headers(struct canned_answer *t, json_t *headers)
{
	const char *name;
	json_t *value;

	json_object_foreach(headers, name, value)
	{
		t->headers = xrealloc(t->headers, t->n_headers + 1, sizeof(*t->headers));
		t->headers[t->n_headers++] =
			(struct canned_header){xstrdup(name), xstrdup(json_string_value(value))};
	}
}

/* Is there exactly one kind of answer? An error needs none: its endpoint has one. */
static bool is_one_answer(const struct canned_answer *t)
{
	int n = (t->body != NULL) + (t->text != NULL) + t->silent;

	return t->status >= 200 && t->status <= 599 &&
	       (n == 1 || (n == 0 && (t->drop || t->status >= 400)));
}

static void take_members(struct canned_answer *t, json_t *v)
{
	const json_t *status = json_object_get(v, "status");
	const char *latency = json_string_value(json_object_get(v, "latency"));

	*t = (struct canned_answer){.path = copy_of(json_object_get(v, "path")),
		.has = copy_of(json_object_get(v, "has")),
		.status = json_is_integer(status) ? (int)json_integer_value(status) : 200,
		.body = body_of(json_object_get(v, "body")),
		.text = inside_of(json_object_get(v, "text")),
		.silent = json_is_null(json_object_get(v, "text")),
		.drop = json_is_true(json_object_get(v, "drop")),
		.finish = copy_of(json_object_get(v, "finish")),
		.latency_us = -1,
		.times = json_integer_value(json_object_get(v, "times"))};
	if (latency)
		parse_duration_us(latency, &t->latency_us);
	take_headers(t, json_object_get(v, "headers"));
}

static bool take_line(struct answers *a, const char *line, struct error *err)
{
	json_error_t fault;
	json_t *v = json_loads(line, 0, &fault);
	struct canned_answer *t;

	if (!json_is_object(v)) {
		error_set(err, "%s", v ? "not an object" : fault.text);
		json_decref(v);
		return false;
	}
	if (!check_members(v, err)) {
		json_decref(v);
		return false;
	}
	a->at = xrealloc(a->at, a->n + 1, sizeof(*a->at));
	t = &a->at[a->n++];
	take_members(t, v);
	json_decref(v);
	return is_one_answer(t) ||
	       error_set(err, "it needs body or text (unless status is an error or drop is true), "
			      "and status must be from 200 to 599");
}

bool answers_load(const char *file, struct answers *out, struct error *err)
{
	FILE *f = fopen(file, "re");
	struct error why = {""};
	char *line = NULL;
	size_t cap = 0;
	int number = 0;
	bool good = true;

	*out = (struct answers){.n = 0};
	if (!f)
		return error_set(err, "%s: %s", file, strerror(errno));
	while (good && getline(&line, &cap, f) >= 0) {
		number++;
		if (line[strspn(line, " \t\r\n")])
			good = take_line(out, line, &why);
	}
	free(line);
	fclose(f);
	return good || error_set(err, "%s:%d: %s", file, number, why.text);
}

static void free_answer(struct canned_answer *t)
{
	for (size_t i = 0; i < t->n_headers; i++) {
		free(t->headers[i].name);
		free(t->headers[i].value);
	}
	free(t->headers);
	free(t->path);
	free(t->has);
	free(t->body);
	free(t->text);
	free(t->finish);
}

void answers_free(struct answers *a)
{
	for (size_t i = 0; i < a->n; i++)
		free_answer(&a->at[i]);
	free(a->at);
	*a = (struct answers){.n = 0};
}

const struct canned_answer *answers_find(
	struct answers *a, const char *path, const char *body, size_t len)
{
	for (size_t i = 0; i < a->n; i++) {
		struct canned_answer *t = &a->at[i];

		if ((!t->times || t->used < t->times) && (!t->path || !strcmp(t->path, path)) &&
			(!t->has || memmem(body, len, t->has, strlen(t->has)))) {
			t->used++;
			return t;
		}
	}
	return NULL;
}
