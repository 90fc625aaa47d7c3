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

/* Are all members known and of the right types? */
static bool check_members(json_t *v, struct error *err)
{
	static const struct {
		const char *name, *type;
		bool (*is)(const json_t *v);
	} members[] = {{"path", "a text", is_text}, {"has", "a text", is_text},
		{"status", "a whole number", is_whole}, {"text", "a text", is_text},
		{"body", "", NULL}};
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

static bool take_line(struct answers *a, const char *line, struct error *err)
{
	json_error_t fault;
	json_t *v = json_loads(line, 0, &fault);
	struct canned_answer *t;
	const json_t *status = json_object_get(v, "status");
	bool good;

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
	*t = (struct canned_answer){.path = copy_of(json_object_get(v, "path")),
		.has = copy_of(json_object_get(v, "has")),
		.status = json_is_integer(status) ? (int)json_integer_value(status) : 200,
		.body = body_of(json_object_get(v, "body")),
		.text = inside_of(json_object_get(v, "text"))};
	good = !t->body != !t->text && t->status >= 200 && t->status <= 599;
	json_decref(v);
	return good ||
	       error_set(err, "it wants a body or a text, and a status from 200 to 599 if any");
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

void answers_free(struct answers *a)
{
	for (size_t i = 0; i < a->n; i++) {
		free(a->at[i].path);
		free(a->at[i].has);
		free(a->at[i].body);
		free(a->at[i].text);
	}
	free(a->at);
	*a = (struct answers){.n = 0};
}

const struct canned_answer *answers_find(
	const struct answers *a, const char *path, const char *body, size_t len)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct canned_answer *t = &a->at[i];

		if ((!t->path || !strcmp(t->path, path)) &&
			(!t->has || memmem(body, len, t->has, strlen(t->has))))
			return t;
	}
	return NULL;
}
