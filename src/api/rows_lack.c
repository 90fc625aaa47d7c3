#include "api/rows_lack.h"

#include <stdio.h>
#include <string.h>

#include "base/near.h"
#include "base/text.h"

enum { NAME_SHOWN = 60, NAMES_SHOWN = 200 };

/* The names that there are, and the one that may be meant. */
struct there {
	const char *path; /* asked for; its part of path_len bytes is missing */
	size_t path_len;
	size_t n;
	char list[NAMES_SHOWN + 8]; /* "id, text, …" */
	size_t len;
	bool cut;
	char meant[NAME_SHOWN]; /* "": none */
	size_t best;
	bool alike;
};

static struct there there_of(const char *path, size_t len)
{
	return (struct there){.path = path, .path_len = len, .best = NEAR_MAX_NAME};
}

static void add_to_list(struct there *t, const char *name)
{
	size_t len = strlen(name);

	t->cut = t->cut || t->len + len + 2 > NAMES_SHOWN;
	if (!t->cut)
		t->len += (size_t)snprintf(
			t->list + t->len, sizeof(t->list) - t->len, "%s%s", t->n ? ", " : "", name);
	t->n++;
}

/* One that differs only in case or blanks wins over one with a letter changed. */
static void take_name(struct there *t, const char *name, size_t len)
{
	char safe[NAME_SHOWN], asked[NEAR_MAX_NAME + 1];
	bool alike = near_alike(name, len, t->path, t->path_len);

	text_sanitise(safe, sizeof(safe), name, len);
	add_to_list(t, safe);
	snprintf(asked, sizeof(asked), "%.*s", (int)t->path_len, t->path);
	if (t->alike ||
		(!alike && (t->path_len > NEAR_MAX_NAME || !near_is_nearer(asked, safe, &t->best))))
		return;
	t->alike = alike;
	snprintf(t->meant, sizeof(t->meant), "%s", safe);
}

static void take_key(struct there *t, struct json_span key)
{
	struct buf name;

	buf_init(&name, 1 << 16);
	if (json_string_decode(key, &name))
		take_name(t, buf_str(&name), name.len);
	buf_free(&name);
}

static bool on_member(void *ctx, struct json_span key, struct json_span value)
{
	(void)value;
	take_key(ctx, key);
	return true;
}

static bool say_lack(const struct there *t, const char *who, const char *one, struct error *err)
{
	char meant[NAME_SHOWN + 24] = "";

	if (t->meant[0])
		snprintf(meant, sizeof(meant), "; did you mean \"%s\"?", t->meant);
	return error_set(err, "%s has no %s \"%.*s\"%s%s %s%s", who, one, NAME_SHOWN, t->path,
		meant, meant[0] ? " It has" : "; it has", t->n ? t->list : "none",
		t->cut ? ", …" : "");
}

/* The object in which the path ends, and the part that it lacks. */
static struct json_span last_object(struct json_span row, const char *path, const char **part)
{
	struct json_span found = row;
	const char *dot = path;
	char front[256];

	*part = path;
	while ((dot = strchr(dot, '.')) && (size_t)(dot - path) < sizeof(front)) {
		struct json_span v;

		memcpy(front, path, (size_t)(dot - path));
		front[dot - path] = '\0';
		v = json_find(row, front);
		if (!json_span_is(v, JSON_VALUE_OBJECT))
			break;
		found = v;
		*part = ++dot;
	}
	return found;
}

bool row_lacks(struct json_span row, const char *path, struct error *err)
{
	const char *part;
	struct json_span object = last_object(row, path, &part);
	struct there t = there_of(part, strcspn(part, "."));

	json_each(object, on_member, &t);
	t.path = path;
	return say_lack(&t, "the row", "field", err);
}

bool header_lacks(const char *const *names, size_t n, const char *path, struct error *err)
{
	struct there t = there_of(path, strlen(path));

	for (size_t i = 0; i < n; i++)
		take_name(&t, names[i], strlen(names[i]));
	return say_lack(&t, "the header", "column", err);
}
