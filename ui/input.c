/* Keys and clicks: commands of the screen, or the line that is typed at the prompt. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actions.h"
#include "base/alloc.h"
#include "table.h"
#include "theme.h"
#include "view.h"

/* Lines that Tab completes to: commands with the words they take. */
enum { TYPING_LINES = 400, TYPING_LINE = PROMPT_MAX + 40 };

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

/* The commands for one endpoint or stage. */
static void add_endpoints(struct lines_known *k, const struct snapshot *s)
{
	static const char *const commands[] = {"pause", "resume", "resume hold", "weight",
		"set concurrency", "set rate", "set rpm", "set tpm", "auto", "forget"};
	char line[ENDPOINT_NAME_SIZE + 16];

	for (int i = 0; i < s->n_endpoints; i++) {
		snprintf(line, sizeof(line), "endpoint %s", s->endpoints[i].name);
		for (size_t c = 0; c < sizeof(commands) / sizeof(commands[0]); c++)
			add(k, line, commands[c], strlen(commands[c]));
	}
}

/* "filter " and "retry where " take words of a filter; where these begin, 0: it is no such command.
 */
static size_t filter_at(const struct view *v, const char *text)
{
	static const char where[] = " where ";
	const char *at = strstr(text, where);
	const char *args;
	const struct ui_command *own = ui_command_find(text, &args);

	if (own && !strcmp(own->name, "filter") && strchr(text, ' '))
		return v->screen == SCREEN_LOG ? 0 : strlen("filter ");
	return at && !own ? (size_t)(at - text) + sizeof(where) - 1 : 0;
}

/* The line up to the word at the cursor, this word and, when it takes a name, the name. */
static void add_filter_word(
	struct lines_known *k, const char *line, size_t start, const char *word, const char *name)
{
	char text[TYPING_LINE];

	snprintf(text, sizeof(text), "%.*s%s%s", (int)start, line, word, name);
	for (char *c = text + start; *c; c++)
		if (*c == ' ')
			*c = '_';
	add(k, text, "", 0);
}

/* The words of a filter; their values once the word is typed. */
static void find_filter_words(const struct prompt *p, size_t first, struct lines_known *k)
{
	static const char *const words[] = {"state:", "outcome:", "code:", "attempts:", "model:",
		"id:", "error:", "group:", "line:"};
	size_t start = p->cursor;

	while (start > first && p->text[start - 1] != ' ')
		start--;
	start += p->text[start] == '!';
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		add_filter_word(k, p->text, start, words[i], "");
	if (!strncmp(p->text + start, "state:", 6))
		for (int s = 0; s < ITEM_STATE_COUNT; s++)
			add_filter_word(
				k, p->text, start, "state:", item_state_name((enum item_state)s));
	if (!strncmp(p->text + start, "outcome:", 8))
		for (int o = 0; o < OUTCOME_COUNT; o++)
			add_filter_word(
				k, p->text, start, "outcome:", outcome_name((enum outcome)o));
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
	add_endpoints(k, &v->snap);
}

/* A key while the prompt is open: edits the line, runs it, or leaves. */
static void typing_key(struct view *v, int key)
{
	struct lines_known *known = NULL;
	char text[PROMPT_MAX];
	enum prompt_end end;

	if (key == KEY_TAB) {
		size_t first = filter_at(v, v->prompt.text);

		known = xcalloc(1, sizeof(*known));
		if (first && first <= v->prompt.cursor)
			find_filter_words(&v->prompt, first, known);
		else
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

enum key_context binding_context(const struct view *v)
{
	static const enum key_context screens[] = {[SCREEN_MAIN] = CONTEXT_MAIN,
		[SCREEN_ITEMS] = CONTEXT_ITEMS,
		[SCREEN_ERRORS] = CONTEXT_ERRORS,
		[SCREEN_LOG] = CONTEXT_LOG,
		[SCREEN_INSPECTOR] = CONTEXT_INSPECTOR};
	static const enum key_context overlays[] = {[OVERLAY_HELP] = CONTEXT_HELP,
		[OVERLAY_QUIT] = CONTEXT_QUIT,
		[OVERLAY_ASK] = CONTEXT_ASK,
		[OVERLAY_PROMPT] = CONTEXT_PROMPT};

	return v->overlay == OVERLAY_NONE ? screens[v->screen] : overlays[v->overlay];
}

/* A key that does nothing says so, and where to look. */
static void unbound_key(struct view *v, int key)
{
	char name[8], help[8] = "";
	size_t n;
	const struct key_binding *k = binding_table(&n);

	for (size_t i = 0; i < n && !help[0]; i++)
		if (!strcmp(k[i].command, "help") && k[i].contexts & CONTEXT_MAIN)
			binding_key_name(k[i].key, help);
	if (key < KEY_WHEEL_UP || key > KEY_CLICK)
		view_message(v, true, "%s is no key here%s%s%s", binding_key_name(key, name),
			help[0] ? "; " : "", help, help[0] ? " lists the keys" : "");
}

void view_key(struct view *v, int key)
{
	const char *command;

	v->touched = true;
	if (key >= KEY_WHEEL_UP && key <= KEY_CLICK && !v->mouse)
		return; /* a late event, after the mouse was turned off */
	if (v->overlay == OVERLAY_PROMPT) {
		typing_key(v, key);
		return;
	}
	if (key >= PASTED_KEYS) {
		view_message(v, true, "pasted text is no keys: : and / open a line to paste into");
		return;
	}
	command = binding_command(key, binding_context(v));
	if (!command)
		unbound_key(v, key);
	else if (!actions_ask_key(v, command))
		view_command(v, command);
}

void view_click(struct view *v, int row, int col)
{
	const struct panel *p = view_focus(v);
	int line = row - p->at.row - table_top(p->at.rows);
	char text[32];

	if (!v->mouse || v->overlay != OVERLAY_NONE || line < 0 || row >= p->at.row + p->at.rows ||
		col < p->at.col || col >= p->at.col + p->at.cols)
		return;
	snprintf(text, sizeof(text), "scroll @%d", line + 1);
	view_command(v, text);
}
