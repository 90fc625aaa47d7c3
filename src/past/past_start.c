/* What the start record of the last session tells: the input, and the command that resumes it. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "past/past_impl.h"
#include "plan/redact.h"

enum { WORDS_MOST = 4096 };

struct words {
	char **at;
	size_t n;
	bool cut;
};

/* Secrets are masked, and a long command ends in "…". */
static bool add_word(void *ctx, struct json_span v)
{
	struct words *words = ctx;
	char *word = json_string_copy(v);

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

void past_start_free(struct past_start *s)
{
	for (char **word = s->command; word && *word; word++)
		free(*word);
	free(s->command);
	run_input_free(&s->input);
	free(s->origin);
	free(s->folder);
	s->command = NULL;
	s->origin = s->folder = NULL;
	s->rows = s->cut = false;
}

void past_start_read(struct past_start *s, const struct ledger_line *line)
{
	enum { ORIGIN, TEMPLATE, PIPELINE, COMMAND, WANTED };
	struct json_want want[WANTED] = {{.name = "origin"}, {.name = "template"},
		{.name = "pipeline"}, {.name = "command"}};
	struct words words = {NULL, 0, false};

	past_start_free(s);
	if (json_pick(line->text, line->len, want, WANTED, NULL) != JSON_VALUE_OBJECT)
		return;
	run_input_read(&s->input, line->text, line->len);
	s->origin = json_string_copy(want[ORIGIN].value);
	s->folder = folder_of(s->input.name, s->input.path);
	s->rows = is_mark(want[TEMPLATE].value) || is_mark(want[PIPELINE].value) ||
		  s->input.format == FORMAT_CSV;
	if (json_span_is(want[COMMAND].value, JSON_VALUE_ARRAY))
		json_each_element(want[COMMAND].value, add_word, &words);
	s->command = words.at;
	s->cut = words.cut;
}

/* What a configuration file gave is not known. */
void past_start_prices(const struct past_start *s, struct prices *out)
{
	static const char option[] = "--price";
	const size_t len = sizeof(option) - 1;
	struct error err;

	for (char **word = s->command; word && *word; word++) {
		if (!strncmp(*word, option, len) && (*word)[len] == '=')
			prices_add(out, *word + len + 1, &err);
		else if (!strcmp(*word, option) && word[1])
			prices_add(out, word[1], &err);
	}
}
