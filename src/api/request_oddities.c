#include "config.h"

#include "api/request_oddities.h"

#include <stdio.h>
#include <string.h>

#include "base/near.h"
#include "base/text.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

enum { ID, NAMES = 9 };

/* The members of a line beside its body. */
static const char *const names[NAMES] = {[ID] = "custom_id",
	"method",
	"url",
	"headers",
	"body",
	"params",
	"metadata",
	"priority",
	"endpoint"};

/* Other words for them, which are not near. */
static const struct {
	const char *word;
	const char *name;
} aliases[] = {
	{"id", "custom_id"},
	{"uri", "url"},
	{"verb", "method"},
	{"data", "body"},
	{"json", "body"},
	{"payload", "body"},
	{"path", "url"},
};

struct oddities {
	struct json_span line;
	enum input_format format;
	request_oddity *told;
	void *ctx;
};

/* The name that is meant; NULL: none. */
static const char *meant(const struct oddities *o, const char *name)
{
	bool envelope = o->format == FORMAT_HTTP || o->format == FORMAT_OPENAI ||
			o->format == FORMAT_ANTHROPIC;
	const char *found = NULL;
	size_t best = NEAR_MAX_NAME;

	for (size_t i = 0; i < NAMES; i++)
		if (!strcmp(name, names[i]))
			return NULL;
	if (!envelope)
		return near_alike(name, strlen(name), names[ID], strlen(names[ID])) ||
				       (!strcmp(name, "id") && o->format == FORMAT_BODY)
			       ? names[ID]
			       : NULL;
	for (size_t i = 0; i < N_OF(aliases); i++)
		if (!strcmp(name, aliases[i].word))
			return aliases[i].name;
	for (size_t i = 0; i < NAMES; i++)
		if (near_alike(name, strlen(name), names[i], strlen(names[i])))
			return names[i];
		else if (near_is_nearer(name, names[i], &best))
			found = names[i];
	return found;
}

static bool on_member(void *ctx, struct json_span key, struct json_span value)
{
	struct oddities *o = ctx;
	struct json_want there = {.name = NULL};
	char name[NEAR_MAX_NAME + 1], text[200];

	(void)value;
	if (key.len > NEAR_MAX_NAME)
		return true;
	json_string_text(key, name, sizeof(name));
	there.name = meant(o, name);
	if (!there.name)
		return true;
	json_pick(o->line.at, o->line.len, &there, 1, NULL);
	if (there.value.at)
		return true;
	snprintf(text, sizeof(text),
		o->format == FORMAT_BODY || o->format == FORMAT_CSV
			? "sluice ignores \"%s\" as a name of the item; did you mean \"%s\"?"
			: "unknown member \"%s\" is not sent; did you mean \"%s\"?",
		name, there.name);
	o->told(o->ctx, text);
	return true;
}

/* Four hexadecimal digits; -1: there are none. */
static int read_unit(const char *at, const char *end)
{
	int unit = 0;

	if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		static const char digits[] = "0123456789abcdef0123456789ABCDEF";
		const char *digit = at[i] ? strchr(digits, at[i]) : NULL;

		if (!digit)
			return -1;
		unit = unit << 4 | (int)((digit - digits) & 15);
	}
	return unit;
}

/* The first half of a pair that has no other half, as an escape of JSON, which may be cut; NULL:
 * none. */
static const char *half_pair(const char *line, size_t len)
{
	const char *end = line + len, *at = line;

	while (at < end && (at = memchr(at, '\\', (size_t)(end - at)))) {
		int unit = read_unit(at, end);

		if (unit >= 0xd800 && unit < 0xdc00) {
			int low = read_unit(at + 6, end);

			if (low < 0xdc00 || low > 0xdfff)
				return at;
			at += 12;
		} else if (unit >= 0xdc00 && unit < 0xe000) {
			return at;
		} else {
			at += 2;
		}
	}
	return NULL;
}

/* A bare body that names no model may be a row whose prompt has the name that a request gives it.
 */
static void look_for_model(const struct oddities *o)
{
	struct json_want want[] = {{.name = "model"}, {.name = "messages"}};

	json_pick(o->line.at, o->line.len, want, N_OF(want), NULL);
	if (!want[0].value.at && !want[1].value.at)
		o->told(o->ctx, "no model: most servers refuse such a request; if the lines are "
				"rows, give --template FILE");
}

void request_oddities(
	const char *line, size_t len, enum input_format format, request_oddity *told, void *ctx)
{
	struct oddities o = {{line, len}, format, told, ctx};
	const char *half = half_pair(line, len);
	char text[160];

	json_each(o.line, on_member, &o);
	if (format == FORMAT_BODY)
		look_for_model(&o);
	if (!half)
		return;
	snprintf(text, sizeof(text), "%.6s is half a surrogate pair: servers refuse or change it",
		half);
	told(ctx, text);
}

void request_lost_characters(const char *text, size_t len, request_oddity *told, void *ctx)
{
	if (memmem(text, len, "\xef\xbf\xbd", 3))
		told(ctx, "U+FFFD: a character was lost when the file was written or converted");
}
