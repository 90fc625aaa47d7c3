/* Reads the file of a pipeline: first its members, then the relations between its stages. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "flow/pipeline.h"

/* The limits of the options with the same names. */
enum { MAX_IN_FLIGHT = 100000, MAX_ATTEMPTS = 255 };

/* ---- members ---- */

enum member_kind { TEXT, JSON_TEXT, OBJECT, COUNT, ATTEMPTS, RATE, CONDITION, NAMES };

#define AT(field) offsetof(struct stage, field)

static const struct member {
	const char *name;
	enum member_kind kind;
	size_t at; /* offset in struct stage */
} members[] = {
	{"method", TEXT, AT(method)},
	{"url", TEXT, AT(url)},
	{"endpoint", TEXT, AT(endpoint)},
	{"provider", TEXT, AT(provider)},
	{"model", TEXT, AT(model)},
	{"headers", OBJECT, AT(headers)},
	{"body", JSON_TEXT, AT(body)},
	{"concurrency", COUNT, AT(concurrency)},
	{"max_attempts", ATTEMPTS, AT(max_attempts)},
	{"rpm", RATE, AT(rpm)},
	{"tpm", RATE, AT(tpm)},
	{"when", CONDITION, AT(when)},
	{"finish_when", CONDITION, AT(finish_when)},
	{"after", NAMES, 0},
};

enum { N_MEMBERS = sizeof(members) / sizeof(members[0]) };

/* Stages in the file's order; their masks are by that order, and ancestors is not set. */
struct pipeline_file {
	struct pipeline stages;
	struct json_span after[PIPELINE_MAX_STAGES]; /* borrowed from the text */
};

struct reading {
	struct pipeline_file *file;
	struct stage *stage;
	int place;
	uint32_t seen; /* a bit for each member */
	struct error *err;
};

/* The content of a string, owned by the caller; NULL when it is not a string or holds a NUL byte.
 */
static char *decoded(struct json_span v)
{
	struct buf text;
	char *copy = NULL;

	buf_init(&text, PIPELINE_MAX_FILE);
	if (json_string_decode(v, &text) && strlen(buf_str(&text)) == text.len)
		copy = xstrdup(buf_str(&text));
	buf_free(&text);
	return copy;
}

static bool set_text(struct reading *r, const struct member *m, struct json_span v)
{
	char *text = decoded(v);

	if (!text || !*text) {
		free(text);
		return error_set(r->err, "%s is not a non-empty string", m->name);
	}
	*(char **)((char *)r->stage + m->at) = text;
	return true;
}

static bool set_condition(struct reading *r, const struct member *m, struct json_span v)
{
	char *text = decoded(v);
	struct error why = {""};
	bool good;

	if (!text)
		return error_set(r->err, "%s is not a string", m->name);
	good = expr_parse(
		text, strlen(text), (struct expr *)(void *)((char *)r->stage + m->at), &why);
	free(text);
	return good || error_set(r->err, "%s: %s", m->name, why.text);
}

static bool set_number(struct reading *r, const struct member *m, struct json_span v)
{
	char *field = (char *)r->stage + m->at;
	double rate;
	int64_t count, most = m->kind == COUNT ? MAX_IN_FLIGHT : MAX_ATTEMPTS;

	if (m->kind != RATE) {
		if (!json_span_int(v, &count) || count < 1 || count > most)
			return error_set(r->err, "%s is not a whole number from 1 to %" PRId64,
				m->name, most);
		memcpy(field, &count, sizeof(count));
		return true;
	}
	if (!json_span_is(v, JSON_VALUE_NUMBER) || !json_span_double(v, &rate) || !(rate > 0) ||
		rate > 1e12)
		return error_set(r->err, "%s is not a number above 0", m->name);
	memcpy(field, &rate, sizeof(rate));
	return true;
}

static bool set_member(struct reading *r, const struct member *m, struct json_span v)
{
	switch (m->kind) {
	case TEXT:
		return set_text(r, m, v);
	case CONDITION:
		return set_condition(r, m, v);
	case COUNT:
	case ATTEMPTS:
	case RATE:
		return set_number(r, m, v);
	case NAMES:
		r->file->after[r->place] = v;
		return true;
	case OBJECT:
		if (!json_span_is(v, JSON_VALUE_OBJECT))
			return error_set(r->err, "%s is not an object", m->name);
		break;
	case JSON_TEXT:
		break;
	}
	*(char **)((char *)r->stage + m->at) = xstrndup(v.at, v.len);
	return true;
}

static bool read_member(void *ctx, struct json_span key, struct json_span value)
{
	struct reading *r = ctx;
	char *name = decoded(key);
	size_t i = 0;

	while (name && i < N_MEMBERS && strcmp(members[i].name, name))
		i++;
	if (!name || i == N_MEMBERS) {
		error_set(r->err, "unknown member '%.40s'", name ? name : "?");
		free(name);
		return false;
	}
	free(name);
	if (r->seen & UINT32_C(1) << i)
		return error_set(r->err, "%s is given twice", members[i].name);
	r->seen |= UINT32_C(1) << i;
	return set_member(r, &members[i], value);
}

/* A name must differ from the words and numbers of conditions. */
static bool is_name(const char *name)
{
	static const char *const taken[] = {
		"row", "and", "or", "not", "exists", "true", "false", "null"};

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (!strcmp(name, taken[i]))
			return false;
	return strlen(name) < PIPELINE_MAX_NAME && expr_path_valid(name, strlen(name)) &&
	       !strchr(name, '.') && !strchr("-0123456789", *name);
}

static bool read_stage(void *ctx, struct json_span key, struct json_span value)
{
	struct reading *r = ctx;
	struct pipeline *p = &r->file->stages;
	struct error *err = r->err, why = {""};
	char *name = decoded(key);
	bool good = name && is_name(name);

	if (!good)
		error_set(err,
			"'%.40s' is not a valid stage name: use letters, digits, _ and -, "
			"at most %d",
			name ? name : "?", PIPELINE_MAX_NAME - 1);
	else if (pipeline_find(p, name, strlen(name)) >= 0)
		good = error_set(err, "stage %s is given twice", name);
	else if (p->n == PIPELINE_MAX_STAGES)
		good = error_set(err, "more than %d stages", PIPELINE_MAX_STAGES);
	else if (!json_span_is(value, JSON_VALUE_OBJECT))
		good = error_set(err, "stage %s: not an object", name);
	if (good) {
		r->place = p->n++;
		r->stage = &p->stage[r->place];
		*r->stage = (struct stage){0};
		memcpy(r->stage->name, name, strlen(name) + 1);
		r->seen = 0;
		r->err = &why;
		good = json_each(value, read_member, r) ||
		       error_set(err, "stage %s: %s", name, why.text);
		r->err = err;
	}
	free(name);
	return good;
}

static bool add_after(void *ctx, struct json_span v)
{
	struct reading *r = ctx;
	char *name = decoded(v);
	int other = name ? pipeline_find(&r->file->stages, name, strlen(name)) : -1;

	if (other < 0)
		error_set(r->err, "stage %s: after names the unknown stage '%.40s'", r->stage->name,
			name ? name : "?");
	else
		r->stage->after |= UINT32_C(1) << other;
	free(name);
	return other >= 0;
}

static bool read_after(struct reading *r, int place)
{
	struct json_span v = r->file->after[place];

	r->stage = &r->file->stages.stage[place];
	if (!v.at)
		return true;
	if (json_span_is(v, JSON_VALUE_STRING))
		return add_after(r, v);
	if (!json_span_is(v, JSON_VALUE_ARRAY))
		return error_set(r->err, "stage %s: after must be a name or a list of names",
			r->stage->name);
	return json_each_element(v, add_after, r);
}

/* The only member of the file. */
struct top {
	struct json_span stages;
	struct error *err;
};

static bool read_top(void *ctx, struct json_span key, struct json_span value)
{
	struct top *top = ctx;
	char *name = decoded(key);
	bool good = name && !strcmp(name, "stages");

	if (!good)
		error_set(top->err, "unknown member '%.40s' beside stages", name ? name : "?");
	else if (top->stages.at)
		good = error_set(top->err, "stages is given twice");
	top->stages = value;
	free(name);
	return good;
}

/* Reads the members of all stages and the names in `after`. */
static bool read_file(const char *text, size_t len, struct pipeline_file *out, struct error *err)
{
	struct reading r = {.file = out, .err = err};
	struct json_fault fault = {0};
	struct top top = {.err = err};

	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) { /* a byte order mark */
		text += 3;
		len -= 3;
	}
	switch (json_pick(text, len, NULL, 0, &fault)) {
	case JSON_VALUE_OBJECT:
		break;
	case JSON_NONE:
		return error_set(err, "not JSON: %s at byte %zu", fault.what, fault.at);
	default:
		return error_set(err, "not an object");
	}
	while (strchr(" \t\r\n", *text)) {
		text++;
		len--;
	}
	if (!json_each((struct json_span){text, len}, read_top, &top))
		return false;
	if (!json_span_is(top.stages, JSON_VALUE_OBJECT))
		return error_set(err, "the object \"stages\" is missing");
	if (!json_each(top.stages, read_stage, &r))
		return false;
	if (!out->stages.n)
		return error_set(err, "it has no stages");
	for (int i = 0; i < out->stages.n; i++)
		if (!read_after(&r, i))
			return false;
	return true;
}

/* ---- relations between stages ---- */

/* The check of the paths in one stage. */
struct path_check {
	const struct pipeline *p;
	uint32_t allowed; /* stages whose answer may be used */
	struct error *err;
};

static bool check_path(void *ctx, const char *path)
{
	const struct path_check *c = ctx;

	return pipeline_path_valid(c->p, c->allowed, path, c->err);
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

/* Resolves the names and orders the stages: repeatedly takes the first one of the file that needs
 * only placed stages. */
static bool put_in_order(struct pipeline_file *file, struct pipeline *out, struct error *err)
{
	const struct pipeline *from = &file->stages;
	int place[PIPELINE_MAX_STAGES]; /* by the place in the file; -1: not placed yet */
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
				"stage %s: comes after itself, directly or through other stages",
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
	file->stages.n = 0; /* out owns their texts now */
	return true;
}

bool pipeline_parse(const char *text, size_t len, struct pipeline *out, struct error *err)
{
	struct pipeline_file *file = xcalloc(1, sizeof(*file));
	bool good;

	out->n = 0;
	good = read_file(text, len, file, err) && put_in_order(file, out, err);
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
