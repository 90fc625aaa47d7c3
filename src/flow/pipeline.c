#include "config.h"

#include "flow/pipeline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "flow/pipeline_read.h"

/* A check of the paths in one stage. */
struct path_check {
	const struct pipeline *p;
	uint32_t allowed; /* stages whose output may be used */
	struct error *err;
};

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

/* Is it the word for this kind of place? */
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
				err, "'%s': nothing comes behind %.*s", path, (int)len, rest);
		return true;
	}
	return error_set(err, "'%s': a stage has text, json, body and status", path);
}

/* "NAME.text" and its like speak of a stage; a member of the row is "row.NAME.text" then. */
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

/* Parts with something in them, parted by single dots. */
static bool is_path(const char *path)
{
	size_t len = strlen(path);

	return len && len < EXPR_MAX_PATH && path[0] != '.' && path[len - 1] != '.' &&
	       !strstr(path, "..");
}

static bool check_path(void *ctx, const char *path)
{
	const struct path_check *c = ctx;
	struct place place;
	int name = (int)strcspn(path, ".");

	if (!is_path(path))
		return error_set(c->err, "'%.80s' is no path", path);
	if (!pipeline_place(c->p, path, &place, c->err))
		return false;
	if (place.stage >= 0 && !(c->allowed & UINT32_C(1) << place.stage))
		return error_set(c->err, "'%s': stage %s does not come before it", path,
			c->p->stage[place.stage].name);
	if (place.stage < 0 && place.path == path && is_of_no_stage(path))
		return error_set(c->err,
			"'%.80s': there is no stage %.*s; a member of the row is row.%.*s", path,
			name, path, name, path);
	return true;
}

bool pipeline_path_valid(const struct pipeline *p, int stage, const char *path, struct error *err)
{
	return check_path(&(struct path_check){p, p->stage[stage].ancestors, err}, path);
}

static bool check_stage(const struct pipeline *p, int i, struct error *err)
{
	const struct stage *s = &p->stage[i];
	struct path_check check = {p, s->ancestors, err};

	if (!s->body && !s->url)
		return error_set(err, "a body or a url is missing");
	if (!expr_each_path(&s->when, check_path, &check))
		return false;
	check.allowed |= UINT32_C(1) << i;
	return expr_each_path(&s->finish_when, check_path, &check);
}

/* Resolves the names and puts each stage behind those it needs: again and again the first one of
 * the file that is not placed and needs nobody unplaced. */
static bool put_in_order(struct pipeline_file *file, struct pipeline *out, struct error *err)
{
	const struct pipeline *from = &file->stages;
	int place[PIPELINE_MAX_STAGES]; /* by the place in the file; -1: not yet */
	uint32_t placed = 0;

	for (int i = 0; i < from->n; i++)
		place[i] = -1;
	for (int n = 0; n < from->n; n++) {
		int next = 0;

		while (next < from->n && (place[next] >= 0 || (from->stage[next].after & ~placed)))
			next++;
		if (next == from->n) {
			for (next = 0; place[next] >= 0;)
				next++;
			return error_set(err,
				"stage %s: comes after itself, or after stages that do",
				from->stage[next].name);
		}
		place[next] = n;
		placed |= UINT32_C(1) << next;
		out->stage[n] = from->stage[next];
		out->stage[n].after = 0;
		out->stage[n].ancestors = 0;
		for (int i = 0; i < from->n; i++)
			if (from->stage[next].after & UINT32_C(1) << i) {
				out->stage[n].after |= UINT32_C(1) << place[i];
				out->stage[n].ancestors |=
					UINT32_C(1) << place[i] | out->stage[place[i]].ancestors;
			}
	}
	out->n = from->n;
	file->stages.n = 0; /* what they own is out's now */
	return true;
}

bool pipeline_parse(const char *text, size_t len, struct pipeline *out, struct error *err)
{
	struct pipeline_file *file = xcalloc(1, sizeof(*file));
	bool good;

	out->n = 0;
	good = pipeline_read(text, len, file, err) && put_in_order(file, out, err);
	pipeline_free(&file->stages);
	free(file);
	for (int i = 0; good && i < out->n; i++) {
		struct error why = {""};

		good = check_stage(out, i, &why);
		if (!good)
			error_set(err, "stage %s: %s", out->stage[i].name, why.text);
	}
	return good;
}

bool pipeline_load(const char *file, struct pipeline *out, struct error *err)
{
	FILE *f = fopen(file, "re");
	struct error why = {""};
	char *text;
	size_t len;
	bool good;

	out->n = 0;
	if (!f)
		return error_set(err, "%s: %s", file, strerror(errno));
	text = xmalloc(PIPELINE_MAX_FILE + 1);
	errno = 0;
	len = fread(text, 1, PIPELINE_MAX_FILE + 1, f);
	if (ferror(f))
		good = error_set(&why, "%s", strerror(errno));
	else if (len > PIPELINE_MAX_FILE)
		good = error_set(&why, "longer than %d MB", PIPELINE_MAX_FILE >> 20);
	else
		good = pipeline_parse(text, len, out, &why);
	fclose(f);
	free(text);
	return good || error_set(err, "%s: %s", file, why.text);
}
