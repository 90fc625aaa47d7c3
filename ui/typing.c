#include "typing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "theme.h"
#include "view.h"

/* Lines that Tab completes to: commands with the words they take. */
enum { TYPING_LINES = 400, TYPING_LINE = 80 };

struct lines_known {
	size_t n;
	const char *line[TYPING_LINES];
	char text[TYPING_LINES][TYPING_LINE];
};

static void add(struct lines_known *k, const char *name, const char *word, size_t len)
{
	if (k->n == TYPING_LINES)
		return;
	snprintf(k->text[k->n], TYPING_LINE, "%s%s%.*s", name, len ? " " : "", (int)len, word);
	k->line[k->n] = k->text[k->n];
	k->n++;
}

/* A command, and one line for each word among its arguments: of "N|+N|auto" that is auto. */
static void add_command(struct lines_known *k, const char *name, const char *args)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	size_t before = k->n;

	for (; *args && *args != ' '; args += *args == '|') {
		size_t len = strcspn(args, "| ");

		if (len && strspn(args, letters) == len)
			add(k, name, args, len);
		args += len;
	}
	if (k->n == before)
		add(k, name, "", 0);
}

static void add_themes(struct lines_known *k)
{
	char names[THEME_LIST][THEME_NAME];
	size_t n = theme_list(names);

	for (size_t i = 0; i < n; i++)
		add(k, "theme", names[i], strlen(names[i]));
}

static void find_lines(const struct view *v, struct lines_known *k)
{
	size_t n;
	const struct command_info *c = port_commands(&v->port, &n);
	const struct ui_command *own;

	for (size_t i = 0; i < n; i++)
		add_command(k, c[i].name, c[i].args);
	own = ui_commands(&n);
	for (size_t i = 0; i < n; i++)
		add_command(k, own[i].name, own[i].args);
	add_themes(k);
}

void typing_key(struct view *v, int key)
{
	struct lines_known *known = NULL;
	char text[PROMPT_MAX];
	enum prompt_end end;

	if (key == KEY_TAB) {
		known = xcalloc(1, sizeof(*known));
		find_lines(v, known);
	}
	end = prompt_take(&v->prompt, key, known ? known->line : NULL, known ? known->n : 0);
	free(known);
	switch (end) {
	case PROMPT_OPEN:
		break;
	case PROMPT_ENTERED:
		memcpy(text, v->prompt.text, sizeof(text));
		view_set_overlay(v, OVERLAY_NONE);
		view_command(v, text);
		break;
	case PROMPT_LEFT:
		view_set_overlay(v, OVERLAY_NONE);
		break;
	case PROMPT_NOT_MINE:
		v->want_redraw = v->want_redraw || key == KEY_CTRL_L;
		v->want_suspend = v->want_suspend || key == KEY_CTRL_Z;
		break;
	}
}
