/* Help, made from the tables of keys and commands, so it cannot be wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "find.h"
#include "list.h"
#include "phrases.h"
#include "view.h"

enum { COLUMN = 40, HELP_LINES = 400, HELP_LINE = 160, KEY_COLS = 12 };

struct help_text {
	int n;
	char line[HELP_LINES][HELP_LINE];
};

static char *next_line(struct help_text *t)
{
	return t->line[t->n < HELP_LINES - 1 ? t->n++ : HELP_LINES - 1];
}

static void add_heading(struct help_text *t, const char *text)
{
	if (t->n)
		next_line(t)[0] = '\0';
	snprintf(next_line(t), HELP_LINE, R_TITLE " %s", text);
}

/* What the key of the command does in a run of the past. */
static const char *help_of_past(const char *command)
{
	return !strcmp(command, "toggle pause")     ? "go on: resume the run"
	       : !strcmp(command, "interrupt")      ? "leave"
	       : !strcmp(command, "selected retry") ? "run failed items again"
	       : !strcmp(command, "matching retry") ? "the same"
						    : NULL;
}

static const char *help_now(const struct view *v, const struct key_binding *k)
{
	bool interrupts = !strcmp(k->command, "interrupt");
	const char *other = v->snap.past ? help_of_past(k->command) : NULL;

	if (interrupts && v->leaving == UI_LEAVING_ONLY)
		other = v->below || port_is_service(&v->port) ? "leave: the service goes on"
							      : "leave: the run goes on";
	else if (interrupts && v->looks_back)
		other = "back, and drain the run";
	return other ? other : k->help;
}

/* Does the key do nothing here? A run of the past asks no questions of its own, and a dashboard
 * that is only left asks none either. */
static bool is_off(const struct view *v, const struct key_binding *k)
{
	return command_is_off(v, k->command) || !binding_is_here(v, k) ||
	       (k->contexts == CONTEXT_REPLAY && !v->snap.replay.on) ||
	       (k->contexts == CONTEXT_QUIT && v->leaving == UI_LEAVING_ONLY) ||
	       (!strcmp(k->command, "look back") && !v->past.ask && !v->snap.replay.on) ||
	       (!strcmp(k->command, "look live") && !v->looks_back) ||
	       (v->snap.past && !(k->contexts & ~(unsigned)(CONTEXT_QUIT | CONTEXT_BUDGET)));
}

/* One line for a binding and following ones without a text of their own. */
static void add_keys(
	struct help_text *t, const struct view *v, const struct key_binding *k, size_t n)
{
	char names[64] = "", name[8];

	if (is_off(v, k))
		return;
	for (size_t i = 0; i == 0 || (i < n && !k[i].help[0]); i++) {
		if (i)
			strncat(names, " ", sizeof(names) - strlen(names) - 1);
		strncat(names, binding_key_name(k[i].key, name), sizeof(names) - strlen(names) - 1);
	}
	snprintf(next_line(t), HELP_LINE, R_KEY " %-*s" R_TEXT "%s%s", KEY_COLS, names,
		strlen(names) < KEY_COLS ? "" : " ", help_now(v, k));
}

static void add_key_groups(struct help_text *t, const struct view *v)
{
	size_t n;
	const struct key_binding *k = binding_table(&n);

	for (size_t g = 0; g < n; g++) {
		bool seen = is_off(v, &k[g]);

		for (size_t i = 0; i < g; i++)
			seen = seen || (!strcmp(k[i].group, k[g].group) && !is_off(v, &k[i]));
		if (seen)
			continue;
		add_heading(t, k[g].group);
		for (size_t i = g; i < n; i++)
			if (k[i].help[0] && !strcmp(k[i].group, k[g].group))
				add_keys(t, v, k + i, n - i);
	}
}

/* Breaks at the last blank that fits into a column. */
static void add_wrapped(struct help_text *t, const char *text)
{
	enum { ROOM = COLUMN - 6 };

	while (*text) {
		size_t len = strlen(text), n = len;

		if (len > ROOM) {
			for (n = ROOM; n > 0 && text[n] != ' '; n--)
				;
			n = n ? n : ROOM;
		}
		snprintf(next_line(t), HELP_LINE, R_DIM "    %.*s", (int)n, text);
		text += n;
		text += *text == ' ';
	}
}

static void add_command(struct help_text *t, const char *name, const char *args, const char *help)
{
	snprintf(next_line(t), HELP_LINE, R_KEY " %s" R_TEXT " %s", name, args);
	add_wrapped(t, help);
}

static void add_commands(struct help_text *t, const struct view *v)
{
	size_t n, own_n;
	const struct command_info *c = port_commands(&v->port, &n);
	const struct ui_command *own = ui_commands(&own_n);

	add_heading(t, v->read_only ? "Commands (read-only)" : "Commands, typed after :");
	for (size_t i = 0; i < n; i++)
		if (!command_is_off(v, c[i].name))
			add_command(t, c[i].name, c[i].args, c[i].help);
	add_heading(t, "Commands of the dashboard");
	for (size_t i = 0; i < own_n; i++)
		if (!command_is_off(v, own[i].name))
			add_command(t, own[i].name, own[i].args, own[i].help);
}

static void add_filters(struct help_text *t)
{
	char args[64];

	add_heading(t, "Filters, typed after /");
	add_wrapped(t, item_filter_grammar);
	for (int f = 0; f < FIELD_COUNT; f++) {
		const struct item_field_info *info = item_field((enum item_field)f);

		if (!info->values)
			continue;
		snprintf(args, sizeof(args), "%s:", info->name);
		add_command(t, args, info->values, info->help);
	}
}

/* The line that was found is seen at a glance. */
static void mark_found(struct help_text *t, const struct help_search *h)
{
	char plain[HELP_LINE] = R_FOUND;
	size_t n = 1;

	if (!h->text[0] || h->at < 0 || h->at >= t->n)
		return;
	for (const char *s = t->line[h->at]; *s && n + 1 < sizeof(plain); s++)
		if ((unsigned char)*s >= ' ')
			plain[n++] = *s;
	memcpy(t->line[h->at], plain, sizeof(plain));
}

/* Goes to the next line that has the text, or the previous one; after the last to the first. */
static void find_line(struct panel *p, struct view *v, int from, int by)
{
	struct help_search *h = &v->help;
	struct help_text *t = xcalloc(1, sizeof(*t));

	add_key_groups(t, v);
	add_commands(t, v);
	if (!port_is_service(&v->port))
		add_filters(t);
	h->at = -1;
	for (int i = 0; i < t->n && h->at < 0; i++) {
		int at = ((from + i * by) % t->n + t->n) % t->n;

		if (find_text(t->line[at], strlen(t->line[at]), h->text))
			h->at = at;
	}
	free(t);
	if (h->at < 0)
		view_message(v, true, "no match in the help: \"%s\"", h->text);
	else
		p->keep[0] = h->at;
}

/* Text flows down the columns of a page; keep[0] is the first line shown, keep[1] the last place
 * to scroll to, keep[2] how far a page moves. */
static void help_recalculate(struct panel *p, const struct view *v)
{
	struct help_text *t = xcalloc(1, sizeof(*t));
	int columns = p->at.cols / COLUMN > 0 ? p->at.cols / COLUMN : 1;
	int rows = p->at.rows - 2 > 0 ? p->at.rows - 2 : 1, width = p->at.cols / columns;

	add_key_groups(t, v);
	add_commands(t, v);
	if (!port_is_service(&v->port))
		add_filters(t);
	mark_found(t, &v->help);
	p->keep[1] = t->n > rows * columns ? t->n - rows * columns : 0;
	p->keep[2] = rows;
	if (p->keep[0] > p->keep[1])
		p->keep[0] = p->keep[1];
	panel_title(p, "help", p->keep[1] ? "j k scroll   / find   q back" : "/ find   q back");
	for (int row = 0; row < rows; row++) {
		char out[PANEL_LINE] = "";
		size_t at = 0;

		for (int col = 0; col < columns; col++) {
			int i = p->keep[0] + col * rows + row;
			char cut[HELP_LINE * 2];
			int used;

			if (i >= t->n || at + sizeof(cut) >= sizeof(out))
				break;
			used = text_cut(cut, sizeof(cut), t->line[i], width);
			at += (size_t)snprintf(out + at, sizeof(out) - at, "%s%*s", cut,
				width > used ? width - used : 0, "");
		}
		panel_line(p, row + 1, "%s", out);
	}
	free(t);
}

static bool help_command(struct panel *p, struct view *v, const char *name, const char *args)
{
	struct list l = {.total = (uint64_t)(p->keep[1] + p->keep[2]),
		.first = (uint64_t)p->keep[0],
		.rows = p->keep[2]};

	if (!strcmp(name, "find") && *args) {
		snprintf(v->help.text, sizeof(v->help.text), "%s", args);
		find_line(p, v, 0, 1);
		return true;
	}
	if (!strcmp(name, "find-next") || !strcmp(name, "find-previous")) {
		bool next = !strcmp(name, "find-next");

		if (v->help.text[0])
			find_line(p, v, v->help.at + (next ? 1 : -1), next ? 1 : -1);
		else
			view_message(v, true, "no search yet: / starts one");
		return true;
	}
	if (strcmp(name, "scroll") != 0 || !list_scroll(&l, args))
		return false;
	p->keep[0] = (int)l.first;
	return true;
}

const struct panel_ops help_panel = {help_recalculate, panel_draw_framed, help_command};
