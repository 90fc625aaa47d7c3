/* What the start record of the last session tells: the input, and the command that resumes it. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "past/past_impl.h"
#include "plan/redact.h"

enum { WORDS_MOST = 4096 };

/* A string member with a text, which has no NUL byte; NULL: there is none. */
static char *text_of(struct json_span v)
{
	struct buf text;
	char *out = NULL;

	buf_init(&text, 1 << 20);
	if (json_span_is(v, JSON_VALUE_STRING) && json_string_decode(v, &text) && text.len &&
		!memchr(text.data, '\0', text.len))
		out = xstrndup(text.data, text.len);
	buf_free(&text);
	return out;
}

struct words {
	char **at;
	size_t n;
	bool cut;
};

/* Secrets are masked, and a long command ends in "…". */
static bool add_word(void *ctx, struct json_span v)
{
	struct words *words = ctx;
	char *word = text_of(v);

	if (word && (!strcmp(word, "…") || strstr(word, REDACTED)))
		words->cut = true;
	if (!word && json_span_is(v, JSON_VALUE_STRING) && v.len == 2)
		word = xstrndup("", 0);
	if (!word || words->n == WORDS_MOST) {
		free(word);
		words->cut = true;
		return false;
	}
	words->at = xrealloc(words->at, words->n + 2, sizeof(*words->at));
	words->at[words->n++] = word;
	words->at[words->n] = NULL;
	return true;
}

/* A hash of a template or a pipeline; zeros: there is none. */
static bool is_mark(struct json_span v)
{
	if (!json_span_is(v, JSON_VALUE_STRING))
		return false;
	for (size_t i = 1; i + 1 < v.len; i++)
		if (v.at[i] != '0')
			return true;
	return false;
}

/* The folder that the relative name of the input was relative to. */
static char *folder_of(const char *input, const char *path)
{
	size_t n = input ? strlen(input) : 0, len = path ? strlen(path) : 0;

	if (!n || *input == '/' || len <= n + 1 || strcmp(path + len - n, input) != 0 ||
		path[len - n - 1] != '/')
		return NULL;
	return xstrndup(path, len - n - 1 ? len - n - 1 : 1);
}

void past_start_free(struct past *p)
{
	for (char **word = p->command; word && *word; word++)
		free(*word);
	free(p->command);
	free(p->input);
	free(p->path);
	free(p->origin);
	free(p->folder);
	p->command = NULL;
	p->input = p->path = p->origin = p->folder = NULL;
	p->format = FORMAT_AUTO;
	p->rows = p->cut = false;
}

void past_start_read(struct past *p, const struct ledger_line *line)
{
	enum { INPUT, PATH, ORIGIN, TEMPLATE, PIPELINE, COMMAND, SETTINGS, WANTED };
	struct json_want want[WANTED] = {{.name = "input"}, {.name = "path"}, {.name = "origin"},
		{.name = "template"}, {.name = "pipeline"}, {.name = "command"},
		{.name = "settings"}};
	struct json_want format = {.name = "format"};
	struct words words = {NULL, 0, false};
	int64_t n;

	past_start_free(p);
	if (json_pick(line->text, line->len, want, WANTED, NULL) != JSON_VALUE_OBJECT)
		return;
	p->input = text_of(want[INPUT].value);
	p->path = text_of(want[PATH].value);
	p->origin = text_of(want[ORIGIN].value);
	p->folder = folder_of(p->input, p->path);
	if (json_span_is(want[SETTINGS].value, JSON_VALUE_OBJECT))
		json_pick(want[SETTINGS].value.at, want[SETTINGS].value.len, &format, 1, NULL);
	if (json_span_int(format.value, &n) && n > FORMAT_AUTO && n <= FORMAT_CSV)
		p->format = (int)n;
	p->rows = is_mark(want[TEMPLATE].value) || is_mark(want[PIPELINE].value) ||
		  p->format == FORMAT_CSV;
	if (json_span_is(want[COMMAND].value, JSON_VALUE_ARRAY))
		json_each_element(want[COMMAND].value, add_word, &words);
	p->command = words.at;
	p->cut = words.cut;
}
