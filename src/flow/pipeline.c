/* Finds the stages of a pipeline and the meaning of paths in it. */
#include "config.h"

#include "flow/pipeline.h"

#include <stdlib.h>
#include <string.h>

void pipeline_free(struct pipeline *p)
{
	for (int i = 0; i < p->n; i++) {
		struct stage *s = &p->stage[i];

		free(s->method);
		free(s->url);
		free(s->headers);
		free(s->body);
		free(s->endpoint);
		free(s->provider);
		free(s->model);
		expr_free(&s->when);
		expr_free(&s->finish_when);
	}
	p->n = 0;
}

int pipeline_find(const struct pipeline *p, const char *name, size_t len)
{
	for (int i = 0; i < p->n; i++)
		if (strlen(p->stage[i].name) == len && !memcmp(p->stage[i].name, name, len))
			return i;
	return -1;
}

/* Does the word name this kind of place? */
static bool is_word(int kind, const char *at, size_t len)
{
	static const char *const words[] = {[PLACE_TEXT] = "text",
		[PLACE_JSON] = "json",
		[PLACE_BODY] = "body",
		[PLACE_STATUS] = "status"};

	return strlen(words[kind]) == len && !memcmp(words[kind], at, len);
}

bool pipeline_place(
	const struct pipeline *p, const char *path, struct place *out, struct error *err)
{
	size_t len = strcspn(path, ".");
	const char *rest = path + len + (path[len] == '.');

	*out = (struct place){.kind = PLACE_ROW, .stage = -1, .path = path};
	if (len == 3 && !memcmp(path, "row", len)) {
		out->path = rest;
		return true;
	}
	out->stage = pipeline_find(p, path, len);
	if (out->stage < 0)
		return true;
	len = strcspn(rest, ".");
	out->path = rest + len + (rest[len] == '.');
	for (int i = PLACE_TEXT; i <= PLACE_STATUS; i++) {
		if (!is_word(i, rest, len))
			continue;
		out->kind = (enum place_kind)i;
		if (*out->path && (i == PLACE_TEXT || i == PLACE_STATUS))
			return error_set(
				err, "'%s': nothing may follow %.*s", path, (int)len, rest);
		return true;
	}
	return error_set(err, "'%s': a stage has only text, json, body and status", path);
}

/* "NAME.text" and the like belong to a stage; the row's member of the name is "row.NAME.text". */
static bool is_of_no_stage(const char *path)
{
	const char *rest = path + strcspn(path, ".");
	size_t len;

	if (!*rest++)
		return false;
	len = strcspn(rest, ".");
	for (int i = PLACE_TEXT; i <= PLACE_STATUS; i++)
		if (is_word(i, rest, len))
			return true;
	return false;
}

/* Non-empty parts separated by single dots. */
static bool is_path(const char *path)
{
	size_t len = strlen(path);

	return len && len < EXPR_MAX_PATH && path[0] != '.' && path[len - 1] != '.' &&
	       !strstr(path, "..");
}

bool pipeline_path_valid(
	const struct pipeline *p, uint32_t allowed, const char *path, struct error *err)
{
	struct place place;
	int name = (int)strcspn(path, ".");

	if (!is_path(path))
		return error_set(err, "'%.80s' is not a path", path);
	if (!pipeline_place(p, path, &place, err))
		return false;
	if (place.stage >= 0 && !(allowed & UINT32_C(1) << place.stage))
		return error_set(err, "'%s': stage %s is not before this stage", path,
			p->stage[place.stage].name);
	if (place.stage < 0 && place.path == path && is_of_no_stage(path))
		return error_set(err,
			"'%.80s': unknown stage %.*s; write row.%.*s for a member of the row", path,
			name, path, name, path);
	return true;
}
