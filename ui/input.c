/* Keys and clicks: commands of the screen, or the line that is typed at the prompt. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actions.h"
#include "base/alloc.h"
#include "look_back.h"
#include "phrases.h"
#include "table.h"
#include "theme.h"
#include "view.h"

/* Lines that Tab completes to: commands with the words they take. */
enum { TYPING_LINES = 800, TYPING_LINE = PROMPT_MAX + 40 };

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

/* "filter " and "retry where " take words of a filter; where these begin, -1: it is no such
 * command.
 */
static int filter_at(const struct view *v)
{
	static const char where[] = " where ";
	const char *text = v->prompt.text, *at = strstr(text, where), *args;
	const struct ui_command *own = ui_command_find(text, &args);

	if (!strcmp(v->prompt.lead, "filter "))
		return v->screen == SCREEN_LOG ? -1 : 0;
	if (own && !strcmp(own->name, "filter") && strchr(text, ' '))
		return v->screen == SCREEN_LOG ? -1 : (int)strlen("filter ");
	return at && !own ? (int)(at - text) + (int)sizeof(where) - 1 : -1;
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

/* Models that the run is known to ask. */
static void add_models(struct lines_known *k, const struct view *v, size_t start)
{
	const struct snapshot *s = &v->snap;

	for (int i = 0; i < s->n_models; i++)
		add_filter_word(k, v->prompt.text, start, "model:", s->models[i].name);
	for (int i = 0; i < s->cost.n_models; i++)
		if (strcmp(s->cost.model[i].name, "other") != 0)
			add_filter_word(k, v->prompt.text, start, "model:", s->cost.model[i].name);
	for (size_t i = 0; i < v->active.n; i++)
		if (v->active.row[i].model[0])
			add_filter_word(k, v->prompt.text, start, "model:", v->active.row[i].model);
}

/* The words of a filter; their values once the word is typed. */
static void find_filter_words(const struct view *v, size_t first, struct lines_known *k)
{
	const struct prompt *p = &v->prompt;
	size_t start = p->cursor;

	while (start > first && p->text[start - 1] != ' ')
		start--;
	start += p->text[start] == '!';
	for (int f = 0; f < FIELD_COUNT; f++)
		if (item_field((enum item_field)f)->values)
			add_filter_word(
				k, p->text, start, item_field((enum item_field)f)->name, ":");
	if (!strncmp(p->text + start, "state:", 6))
		for (int s = 0; s < ITEM_STATE_COUNT; s++)
			add_filter_word(
				k, p->text, start, "state:", item_state_name((enum item_state)s));
	if (!strncmp(p->text + start, "outcome:", 8))
		for (int o = 0; o < OUTCOME_COUNT; o++)
			add_filter_word(
				k, p->text, start, "outcome:", outcome_name((enum outcome)o));
	if (!strncmp(p->text + start, "model:", 6))
		add_models(k, v, start);
}

/* After "cancel ", "raise 5 " and the like: where the id begins; 0: it is no such command. */
static size_t id_at(const char *text)
{
	static const char *const verbs[] = {
		"cancel ", "retry ", "hold ", "release ", "raise ", "lower "};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		size_t len = strlen(verbs[i]);

		if (strncmp(text, verbs[i], len) != 0)
			continue;
		if (i >= 4 && text[len + strspn(text + len, "0123456789")] == ' ')
			len += strspn(text + len, "0123456789") + 1;
		return len;
	}
	return 0;
}

static void add_ids(struct lines_known *k, const struct prompt *p, size_t start,
	const struct item_row *row, size_t n)
{
	size_t len = p->cursor - start;
	char line[TYPING_LINE];

	for (size_t i = 0; i < n; i++) {
		if (strncmp(row[i].id, p->text + start, len) != 0 || strchr(row[i].id, ' '))
			continue;
		snprintf(line, sizeof(line), "%.*s%s", (int)start, p->text, row[i].id);
		add(k, line, "", 0);
	}
}

/* Ids of the rows on the screen, and of items that have what is typed. */
static void find_ids(const struct view *v, size_t start, struct lines_known *k)
{
	enum { IDS = 40 };
	const struct prompt *p = &v->prompt;
	struct item_query q = {.sort = FIELD_LINE};
	struct item_row row[IDS];
	struct rows_info info;

	add_ids(k, p, start, v->items.list.row, v->items.list.n);
	add_ids(k, p, start, v->active.row, v->active.n);
	if (p->cursor == start || memchr(p->text + start, ' ', p->cursor - start) ||
		memchr(p->text + start, '"', p->cursor - start))
		return;
	snprintf(q.filter, sizeof(q.filter), "id:\"%.*s\"", (int)(p->cursor - start),
		p->text + start);
	add_ids(k, p, start, row, port_rows(&v->port, &q, 0, row, IDS, &info));
}

static void find_lines(const struct view *v, struct lines_known *k)
{
	size_t n;
	const struct command_info *c = port_commands(&v->port, &n);
	const struct ui_command *own;

	for (size_t i = 0; i < n; i++)
		if (!command_is_off(v, c[i].name))
			add_command(k, c[i].name, c[i].args);
	own = ui_commands(&n);
	for (size_t i = 0; i < n; i++)
		if (!command_is_off(v, own[i].name))
			add_command(k, own[i].name, own[i].args);
	add_themes(k);
	if (!v->read_only)
		add_endpoints(k, &v->snap);
}

/* What Tab may complete to at the cursor. */
static void find_choices(const struct view *v, struct lines_known *k)
{
	int filter = filter_at(v);
	size_t id = id_at(v->prompt.text);

	if (filter >= 0 && (size_t)filter <= v->prompt.cursor) {
		find_filter_words(v, (size_t)filter, k);
	} else if (!v->prompt.lead[0]) {
		find_lines(v, k);
		if (id && id <= v->prompt.cursor && !v->read_only)
			find_ids(v, id, k);
	}
}

/* A key while the prompt is open: edits the line, runs it, or leaves. */
static void typing_key(struct view *v, int key)
{
	struct lines_known *known = NULL;
	char text[PROMPT_LINE];
	enum prompt_end end;

	if (key == KEY_TAB || key == KEY_BACK_TAB) {
		known = xcalloc(1, sizeof(*known));
		find_choices(v, known);
	}
	end = prompt_take(&v->prompt, key, known ? known->line : NULL, known ? known->n : 0);
	free(known);
	switch (end) {
	case PROMPT_OPEN:
		break;
	case PROMPT_ENTERED:
		snprintf(text, sizeof(text), "%s%s", v->prompt.lead, v->prompt.text);
		view_set_overlay(v, v->under_prompt);
		view_command(v, text);
		break;
	case PROMPT_LEFT:
		view_set_overlay(v, v->under_prompt);
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
		[SCREEN_CHARTS] = CONTEXT_CHARTS,
		[SCREEN_USAGE] = CONTEXT_USAGE,
		[SCREEN_INSPECTOR] = CONTEXT_INSPECTOR,
		[SCREEN_BATCHES] = CONTEXT_BATCHES,
		[SCREEN_CALLS] = CONTEXT_CALLS};
	static const enum key_context overlays[] = {[OVERLAY_HELP] = CONTEXT_HELP,
		[OVERLAY_QUIT] = CONTEXT_QUIT,
		[OVERLAY_ASK] = CONTEXT_ASK,
		[OVERLAY_PROMPT] = CONTEXT_PROMPT,
		[OVERLAY_BUDGET] = CONTEXT_BUDGET};

	if (v->overlay != OVERLAY_NONE)
		return overlays[v->overlay];
	if (v->screen == SCREEN_LOG && port_is_service(&v->port))
		return CONTEXT_EVENTS;
	return v->bar_focus ? CONTEXT_REPLAY : screens[v->screen];
}

/* What is no key of the time bar means what it means on the screen. */
static const char *command_of(struct view *v, int key)
{
	const char *command = binding_command(key, binding_context(v));

	if (command || !v->bar_focus || v->overlay != OVERLAY_NONE)
		return command;
	v->bar_focus = false;
	command = binding_command(key, binding_context(v));
	v->bar_focus = true;
	return command;
}

/* A key that does nothing says so, and where to look. */
static void unbound_key(struct view *v, int key)
{
	char name[8], help[8];

	binding_key_for("help", CONTEXT_MAIN, help);
	if (key < KEY_WHEEL_UP || key > KEY_CLICK)
		view_message(v, true, "%s has no function here%s%s%s", binding_key_name(key, name),
			help[0] ? "; " : "", help, help[0] ? " lists the keys" : "");
}

void view_key(struct view *v, int key)
{
	const char *command;

	v->touched = true;
	look_attended(v);
	if (key >= KEY_WHEEL_UP && key <= KEY_CLICK && !v->mouse)
		return; /* a late event, after the mouse was turned off */
	if (v->overlay == OVERLAY_PROMPT) {
		typing_key(v, key);
		return;
	}
	if (key >= PASTED_KEYS) {
		view_message(v, true,
			"pasted text is not used as keys: open a line with : or / "
			"first");
		return;
	}
	command = command_of(v, key);
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
