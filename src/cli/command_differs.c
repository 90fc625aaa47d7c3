#include "cli/command_differs.h"

#include <string.h>

#include "cli/option_origins.h"

enum { VALUES_MAX = 1 << 20 };

/* What a command line says: the values of each option, joined, and its operand. */
struct line {
	struct buf value[MAX_OPTIONS]; /* by place in the table; empty: not given */
	const char *operand;
};

static const struct option_row *row_of(const char *name, size_t len, char letter)
{
	size_t n;
	const struct option_row *rows = option_table(&n);

	for (size_t i = 0; i < n; i++)
		if ((rows[i].commands & FOR_RUN) &&
			(name ? strlen(rows[i].name) == len && !memcmp(rows[i].name, name, len)
			      : rows[i].letter == letter))
			return &rows[i];
	return NULL;
}

/* Does the operator of a client choose it for the screen alone? */
static bool is_of_screen(const struct option_row *o)
{
	size_t screen = offsetof(struct settings, ui);

	return (o->offset >= screen && o->offset < screen + sizeof(struct ui_settings)) ||
	       o->offset == offsetof(struct settings, run.read_only) ||
	       o->offset == offsetof(struct settings, run.output.results);
}

static void note(struct line *line, const struct option_row *o, const char *value)
{
	size_t n;
	struct buf *all = &line->value[o - option_table(&n)];

	if (o->type != TYPE_LIST) /* the last one counts */
		buf_clear(all);
	buf_addf(all, "%s\n", value);
}

/* One word of the line, and maybe the next one, which is its value; returns how many. */
static int take(struct line *line, char *const *words, bool *only_operands)
{
	const char *word = words[0], *value;
	const struct option_row *o;

	if (*only_operands || word[0] != '-' || !word[1]) {
		line->operand = word;
		return 1;
	}
	if (!strcmp(word, "--")) {
		*only_operands = true;
		return 1;
	}
	if (word[1] == '-') {
		size_t len = strcspn(word + 2, "=");

		o = row_of(word + 2, len, 0);
		value = word[2 + len] ? word + 3 + len : NULL;
	} else {
		o = row_of(NULL, 0, word[1]);
		value = word[2] ? word + 2 + (word[2] == '=') : NULL;
	}
	if (!o)
		return 1;
	if (o->type == TYPE_FLAG || value || !words[1]) {
		note(line, o, value ? value : "true");
		return 1;
	}
	note(line, o, words[1]);
	return 2;
}

static void read_line(struct line *line, char *const *words)
{
	bool only_operands = false;

	line->operand = NULL;
	for (int i = 0; i < MAX_OPTIONS; i++)
		buf_init(&line->value[i], VALUES_MAX);
	for (int i = 0; words[i];)
		i += i < 2 ? 1 : take(line, words + i, &only_operands);
}

/* A value that is not given is the default. */
static bool differs(const struct option_row *o, struct buf *ours, struct buf *theirs)
{
	const char *usual = o->type == TYPE_FLAG ? "false" : option_default(o, COMMAND_RUN);
	struct buf *given = ours->len ? ours : theirs;

	if (ours->len && theirs->len)
		return strcmp(buf_str(ours), buf_str(theirs)) != 0;
	if (!given->len)
		return false;
	return !usual || strlen(usual) + 1 != given->len ||
	       memcmp(usual, given->data, given->len - 1);
}

static void add_name(struct buf *out, const char *dashes, const char *name)
{
	buf_addf(out, "%s%s%s", out->len ? ", " : "", dashes, name);
}

void command_differs(char *const *ours, char *const *theirs,
	bool (*same_file)(void *ctx, const char *ours, const char *theirs), void *ctx,
	struct buf *out)
{
	static struct line a, b;
	size_t n;
	const struct option_row *rows = option_table(&n);

	read_line(&a, ours);
	read_line(&b, theirs);
	if (a.operand && b.operand && strcmp(a.operand, b.operand) != 0 &&
		!same_file(ctx, a.operand, b.operand))
		add_name(out, "", "INPUT");
	for (size_t i = 0; i < n; i++)
		if (!is_of_screen(&rows[i]) && differs(&rows[i], &a.value[i], &b.value[i]))
			add_name(out, "--", rows[i].name);
	for (int i = 0; i < MAX_OPTIONS; i++) {
		buf_free(&a.value[i]);
		buf_free(&b.value[i]);
	}
}
