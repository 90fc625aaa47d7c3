/* The commands of the dashboard; all others are sent to the engine. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actions.h"
#include "batches.h"
#include "clip.h"
#include "inspector_text.h"
#include "look_back.h"
#include "steps.h"
#include "table.h"
#include "view.h"
#include "phrases.h"

static void run_help(struct view *v, const char *args)
{
	char text[PROMPT_LINE];

	v->help.text[0] = '\0';
	view_set_overlay(v, v->overlay == OVERLAY_HELP && !*args ? OVERLAY_NONE : OVERLAY_HELP);
	if (!*args)
		return;
	snprintf(text, sizeof(text), "find %s", args);
	view_command(v, text);
}

/* Goes one step back: overlay, filter, screen, run. */
static void run_back(struct view *v, const char *args)
{
	(void)args;
	if (v->overlay != OVERLAY_NONE) {
		v->put_off = v->put_off || v->overlay == OVERLAY_BUDGET;
		view_set_overlay(v, OVERLAY_NONE);
	} else if (v->screen == SCREEN_ITEMS && v->items.query.filter[0]) {
		bool lent = v->items.lent;

		items_view_filter(&v->items, "");
		if (lent)
			view_set_screen(v, v->listed_from);
	} else if (v->screen == SCREEN_LOG && v->log.filter[0]) {
		log_filter(&v->log, "");
	} else if (v->screen == SCREEN_INSPECTOR) {
		view_set_screen(v, v->inspected_from);
	} else if (v->screen == SCREEN_BATCHES && v->service.filter[0]) {
		v->service.filter[0] = '\0';
		v->unread = true;
	} else if (v->screen != view_home(v)) {
		view_set_screen(v, view_home(v));
	} else if (v->looks_back) {
		look_live(v);
	} else if (v->below) {
		v->want_below = true;
	} else if (v->leaving == UI_LEAVING_ONLY) {
		view_engine(v, "leave");
	} else if (phrase_over(&v->snap) || v->snap.past) {
		view_engine(v, "quit");
	} else if (v->read_only && v->leaving == UI_LEAVING_OFFERS) {
		view_engine(v, "leave");
	} else if (v->read_only) {
		view_message(v, false, "read-only: ^C drains the run and leaves");
	} else {
		view_set_overlay(v, OVERLAY_QUIT);
	}
}

/* The run goes on without its dashboard. */
static void run_leave(struct view *v, const char *args)
{
	(void)args;
	if (v->overlay == OVERLAY_QUIT)
		view_set_overlay(v, OVERLAY_NONE);
	if (v->snap.past)
		view_engine(v, "quit");
	else if (v->leaving != UI_LEAVING_ENDS)
		view_engine(v, "leave");
	else
		view_message(v, true, "the run would end with this dashboard: drain or stop it");
}

static void run_redraw(struct view *v, const char *args)
{
	(void)args;
	v->want_redraw = true;
}

static void run_suspend(struct view *v, const char *args)
{
	(void)args;
	v->want_suspend = true;
}

/* Is the run paused as by this command, "pause" or "pause all"? The second also stops retries. */
static bool is_paused(const struct snapshot *s, const char *how)
{
	return s->state == RUN_PAUSED && !s->standstill &&
	       !(s->retries_go_on && !strcmp(how, "pause all"));
}

static void run_toggle(struct view *v, const char *args)
{
	if (strcmp(args, "pause") != 0 && strcmp(args, "pause all") != 0)
		view_message(v, true, "toggle takes pause or pause all");
	else if (v->snap.past)
		actions_ask_again(v, "go on");
	else if (v->snap.question) /* only its answer resumes the run */
		v->put_off = false;
	else
		view_engine(v, is_paused(&v->snap, args) ? "resume" : args);
}

static void run_concurrency(struct view *v, const char *args)
{
	int step = v->snap.concurrency / 10;
	char text[48];

	if (strcmp(args, "up") != 0 && strcmp(args, "down") != 0) {
		view_message(v, true, "concurrency up or down");
		return;
	}
	snprintf(text, sizeof(text), "set concurrency %c%d", args[0] == 'u' ? '+' : '-',
		step > 0 ? step : 1);
	view_engine(v, text);
}

/* After "filter " and "find " only the text behind it can be edited; the filter in force is there,
 * selected: it can be changed, and whatever is typed replaces it. */
static void run_prompt(struct view *v, const char *args)
{
	const char *more = "";
	char columns[COLUMNS_TEXT];

	if (v->read_only && command_refused(args, phrase_over(&v->snap))) {
		view_message(v, true, "read-only: commands are off");
		return;
	}
	if (*args && command_is_off(v, args)) { /* the answer says what is left */
		view_engine(v, args);
		return;
	}
	if (!strcmp(args, "filter "))
		more = v->screen == SCREEN_ITEMS     ? v->items.query.filter
		       : v->screen == SCREEN_BATCHES ? v->service.filter
		       : v->screen == SCREEN_LOG     ? v->log.filter
						     : "";
	if (!strcmp(args, "columns ") && v->screen == SCREEN_ITEMS)
		more = item_columns_text(&v->items.columns, columns);
	if (!strcmp(args, "filter ") || !strcmp(args, "find ") || !strcmp(args, "columns "))
		prompt_open_after(&v->prompt, args, more);
	else
		prompt_open(&v->prompt, args);
	v->under_prompt = v->overlay == OVERLAY_HELP ? OVERLAY_HELP : OVERLAY_NONE;
	view_set_overlay(v, OVERLAY_PROMPT);
}

static void run_theme(struct view *v, const char *args)
{
	if (!*args)
		view_message(v, true, "theme NAME, a theme file, or next");
	else
		snprintf(v->want_theme, sizeof(v->want_theme), "%s", args);
}

static void run_mouse(struct view *v, const char *args)
{
	if (strcmp(args, "on") != 0 && strcmp(args, "off") != 0 && strcmp(args, "toggle") != 0) {
		view_message(v, true, "mouse on, off or toggle");
		return;
	}
	v->mouse = !strcmp(args, "toggle") ? !v->mouse : !strcmp(args, "on");
	view_message(v, false, "%s",
		v->mouse ? "mouse on: the wheel scrolls, a click selects; Shift copies text"
			 : "mouse off: it selects text again");
}

struct screen_name {
	const char *name;
	enum screen screen;
};

static void choose_screen(struct view *v, const struct screen_name *names, int n, const char *args)
{
	char text[120] = "screen";
	int now = -1, wanted = -1;

	for (int i = 0; i < n; i++) {
		size_t at = strlen(text);

		if (names[i].screen == v->screen)
			now = i;
		if (!strcmp(names[i].name, args))
			wanted = i;
		snprintf(text + at, sizeof(text) - at, " %s,", names[i].name);
	}
	if (!strcmp(args, "next"))
		wanted = (now + 1) % n;
	if (wanted >= 0)
		view_set_screen(v, names[wanted].screen);
	else
		view_message(v, true, "%.*s or next", (int)strlen(text) - 1, text);
}

static void run_screen(struct view *v, const char *args)
{
	static const struct screen_name of_run[] = {{"main", SCREEN_MAIN}, {"items", SCREEN_ITEMS},
		{"errors", SCREEN_ERRORS}, {"log", SCREEN_LOG}, {"charts", SCREEN_CHARTS},
		{"usage", SCREEN_USAGE}};
	static const struct screen_name of_service[] = {
		{"batches", SCREEN_BATCHES}, {"calls", SCREEN_CALLS}, {"log", SCREEN_LOG}};

	if (port_is_service(&v->port))
		choose_screen(v, of_service, 3, args);
	else
		choose_screen(v, of_run, 6, args);
}

static void run_zoom(struct view *v, const char *args)
{
	static const char *const words[ZOOM_COUNT] = {[ZOOM_1M] = "the last minute",
		[ZOOM_5M] = "the last five minutes",
		[ZOOM_ALL] = "the whole run"};

	if (timeline_zoom(&v->timeline, args))
		view_message(v, false, "plots show %s", words[v->timeline.zoom]);
	else
		view_message(v, true, "zoom 1m, 5m, all or next");
}

static void run_coach(struct view *v, const char *args)
{
	if (strcmp(args, "on") != 0 && strcmp(args, "off") != 0)
		view_message(v, true, "coach on or off");
	else
		v->coach.on = !strcmp(args, "on");
}

static void run_level(struct view *v, const char *args)
{
	if (!log_show_level(&v->log, args))
		view_message(v, true, "level all, warnings, errors or next");
}

static void run_fold(struct view *v, const char *args)
{
	if (strcmp(args, "on") != 0 && strcmp(args, "off") != 0 && strcmp(args, "toggle") != 0)
		view_message(v, true, "fold on, off or toggle");
	else
		log_fold(&v->log, strcmp(args, "toggle") ? !strcmp(args, "on") : v->log.unfolded);
}

static void run_filter(struct view *v, const char *args)
{
	if (v->screen == SCREEN_LOG) {
		log_filter(&v->log, args);
		return;
	}
	if (port_is_service(&v->port)) {
		view_set_screen(v, SCREEN_BATCHES);
		snprintf(v->service.filter, sizeof(v->service.filter), "%s", args);
		return;
	}
	if (v->screen != SCREEN_ITEMS)
		view_set_screen(v, SCREEN_ITEMS);
	items_view_filter(&v->items, args);
}

static void run_save(struct view *v, const char *args)
{
	char text[PROMPT_MAX], name[128];
	struct error err;
	uint64_t bytes;

	if (v->screen != SCREEN_INSPECTOR) {
		view_message(v, true, "not here: open an item first (Enter)");
	} else if (v->read_only) {
		view_message(v, true, "read-only: nothing is saved");
	} else if (!*args) {
		snprintf(text, sizeof(text), "save %s",
			inspector_file_name(&v->inspector, name, sizeof(name)));
		run_prompt(v, text);
	} else if (inspector_save(&v->inspector, &v->port, args, &bytes, &err)) {
		view_message(v, false, "%" PRIu64 " bytes saved to %.150s", bytes, args);
	} else {
		view_message(v, true, "not saved: %.180s", err.text);
	}
}

/* The answer, or the request as a command of curl: into the clipboard. */
static void run_yank(struct view *v, const char *args)
{
	bool curl = !strcmp(args, "curl");
	const struct item_row *item = actions_item(v);
	struct buf *out = &v->want_clip;
	struct item_detail d;

	buf_clear(out);
	if (strcmp(args, "answer") != 0 && !curl) {
		view_message(v, true, "yank answer or curl");
	} else if (!item) {
		view_message(v, true, "no item is selected: j and k select one");
	} else if (!port_detail(&v->port, item->line, &d)) {
		view_message(v, true, "the item is not here yet: try again");
	} else {
		if (!curl)
			inspector_answer(&d, out);
		else if (!clip_curl(&d, out))
			buf_clear(out);
		if (!out->len)
			view_message(v, true,
				curl ? "there is no request to copy"
				     : "there is no answer to copy");
		else if (curl && out->len > CLIP_MAX)
			view_message(v, true, "too long for the clipboard: save it with Tab, S");
		else
			view_message(v, false, "copied%s the %s",
				out->len > CLIP_MAX ? " the beginning of" : "",
				curl ? "request; set API_KEY before you paste it" : "answer");
		if (curl && out->len > CLIP_MAX)
			buf_clear(out);
		port_detail_free(&d);
	}
}

static void run_open(struct view *v, const char *args)
{
	bool pager = !strcmp(args, "pager");

	if (!pager && strcmp(args, "editor") != 0)
		view_message(v, true, "open pager or editor");
	else if (v->screen != SCREEN_INSPECTOR || !v->inspector.doc.text)
		view_message(v, true, "not here: open an item first (Enter)");
	else if (v->read_only)
		view_message(v, true, "read-only: no other program is started");
	else
		v->want_open = pager                                              ? OPEN_PAGER
			       : v->inspector.tab == TAB_REQUEST && !v->snap.past ? OPEN_REQUEST
										  : OPEN_EDITOR;
}

/* What is listed: all items, or those of the filter. */
static void run_write(struct view *v, const char *args)
{
	const char *filter = v->screen == SCREEN_ITEMS ? v->items.query.filter : "";
	char text[PROMPT_LINE + sizeof(v->items.query.filter)];

	if (v->read_only) {
		view_message(v, true, "read-only: nothing is written");
	} else if (!*args) {
		run_prompt(v, "write items.csv");
	} else {
		if (!*filter || strstr(args, " where "))
			snprintf(text, sizeof(text), "write %.259s", args);
		else
			snprintf(text, sizeof(text), "write %.259s where %s", args, filter);
		view_engine(v, text);
	}
}

static void run_limit(struct view *v, const char *args)
{
	static const char *const limits[] = {"rate", "rpm", "tpm"};
	char text[64];

	if (!strcmp(args, "next")) {
		v->limit = limits[v->limit && !strcmp(v->limit, "rate")  ? 1
				  : v->limit && !strcmp(v->limit, "rpm") ? 2
									 : 0];
		view_message(v, false, "[ ] { } now change %s", v->limit);
		return;
	}
	snprintf(text, sizeof(text), "set %s %.40s", v->limit, args);
	view_engine(v, text);
}

/* The answers to the question that a used-up budget asks. */
static void run_budget(struct view *v, const char *args)
{
	const char *which = v->snap.question == QUESTION_BUDGET_USD ? "usd" : "tokens";
	char text[48];

	if (!v->snap.question) {
		view_message(v, true, "the budget is not used up");
	} else if (!strcmp(args, "raise")) {
		snprintf(text, sizeof(text), "set budget %s +50%%", which);
		run_prompt(v, text);
	} else if (!strcmp(args, "without")) {
		snprintf(text, sizeof(text), "set budget %s off", which);
		view_engine(v, text);
	} else if (!strcmp(args, "stop")) {
		view_engine(v, "drain");
	} else {
		view_message(v, true, "budget raise, without or stop");
	}
}

/* Shows which columns there are, chooses some, or asks for those in force to be kept. */
static void run_columns(struct view *v, const char *args)
{
	char why[sizeof(v->message)];

	if (!strcmp(args, "keep"))
		v->want_save = true;
	else if (v->screen != SCREEN_ITEMS)
		view_message(v, true, "not here: 2 shows the items");
	else if (!item_columns_choose(&v->items.columns, args, why, sizeof(why)))
		view_message(v, *args, "%s", why);
	else
		v->unread = true;
}

static void run_tag(struct view *v, const char *args)
{
	struct panel *focus = view_focus(v);
	char text[PROMPT_LINE + 8];

	snprintf(text, sizeof(text), "tag %s", args);
	if (*args)
		view_engine(v, text);
	else if (v->screen != SCREEN_ITEMS)
		view_message(v, true, "not here: 2 shows the items");
	else
		focus->ops->command(focus, v, "tag", "");
}

static void run_untag(struct view *v, const char *args)
{
	char text[PROMPT_LINE + 8];

	snprintf(text, sizeof(text), "untag %s", *args ? args : "all");
	view_engine(v, text);
}

static const struct ui_command commands[] = {
	{"help", "[TEXT]", "show keys and commands, at the first match of TEXT", run_help},
	{"back", "", "close the open view; quit on the main screen", run_back},
	{"leave", "", "leave the dashboard; the run continues", run_leave},
	{"screen", "main|items|errors|log|charts|usage|next|batches|calls", "show another screen",
		run_screen},
	{"look", "back|live|away", "open the time bar; return to the live run; leave the time bar",
		look_run},
	{"zoom", "1m|5m|all|next", "set the time span of the plots", run_zoom},
	{"coach", "on|off", "show a hint about the current state and a useful key", run_coach},
	{"redraw", "", "redraw the screen", run_redraw},
	{"suspend", "", "suspend sluice and return to the shell", run_suspend},
	{"toggle", "pause|pause all", "pause or resume", run_toggle},
	{"concurrency", "up|down", "change the concurrency by a tenth", run_concurrency},
	{"limit", "next|N|+N|-N|+P%|-P%|off",
		"change the selected limit (rate, rpm or tpm); next: "
		"select another",
		run_limit},
	{"prompt", "[TEXT]", "type a command", run_prompt},
	{"theme", "NAME|FILE|next", "change the colours", run_theme},
	{"mouse", "on|off|toggle", "use the mouse wheel and clicks in the dashboard", run_mouse},
	{"scroll", "+N|-N|@ROW|+page|-page|+half|-half|home|end", "move in a list", NULL},
	{"filter", "[WORD...]", "show only items that match all words; see Filters", run_filter},
	{"inspect", "",
		"open the selected item; list the items of an error or model; open the subject of "
		"an event",
		actions_inspect},
	{"level", "all|warnings|errors|next", "show the events of a level and above", run_level},
	{"fold", "on|off|toggle", "fold failed attempts of a kind in the log", run_fold},
	{"sort", "next|previous|[-]FIELD", "sort the items; -: descending", NULL},
	{"columns", "NAME,...|+NAME|-NAME|default|keep",
		"choose the columns; keep: write columns and order to the configuration file",
		run_columns},
	{"invert", "", "reverse the order", NULL},
	{"tag", "[ID|#LINE]", "tag or untag the selected item; tag the given item", run_tag},
	{"untag", "[ID|#LINE]", "remove all tags, or one", run_untag},
	{"follow", "", "keep the newest item selected", NULL},
	{"freeze", "", "stop or resume updating the rows", NULL},
	{"tab", "next|text|request|response|attempts", "choose the inspector's tab", NULL},
	{"find", "TEXT", "search the inspector or the help for text", NULL},
	{"find-next", "", "go to the next match", NULL},
	{"find-previous", "", "go to the previous match", NULL},
	{"wrap", "", "toggle line wrapping", NULL},
	{"shift", "left|right", "scroll sideways when lines are not wrapped", NULL},
	{"item", "next|previous|failed",
		"inspector: go to the next, previous or next failed item of the list", steps_item},
	{"yank", "answer|curl", "copy the answer, or the request for curl without its key",
		run_yank},
	{"open", "pager|editor",
		"show the inspector's text in $PAGER, or edit a copy in $EDITOR; "
		"you may send an edited request again",
		run_open},
	{"save", "[FILE]", "write the inspector's text to a new file", run_save},
	{"write", "FILE", "export the listed items with their answers to a new file", run_write},
	{"selected", "retry|cancel|hold|release|raise|lower [N]",
		"act on the selected item, or on the tagged ones", actions_selected},
	{"matching", "retry|cancel|hold|release|raise|lower [N]", "act on all listed items",
		actions_matching},
	{"batch", "open|toggle|cancel|raise|lower|weigh [N]|pause all|resume all|all",
		"the selected batch of a service; all of them; all: also list those that ended",
		batches_run},
	{"yes", "", "confirm the open question", actions_yes},
	{"budget", "raise|without|stop", "answer the question about a used-up budget", run_budget},
};

const struct ui_command *ui_commands(size_t *n)
{
	*n = sizeof(commands) / sizeof(commands[0]);
	return commands;
}

const struct ui_command *ui_command_find(const char *text, const char **args)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		size_t len = strlen(commands[i].name);

		if (strncmp(text, commands[i].name, len) != 0 || (text[len] && text[len] != ' '))
			continue;
		*args = text[len] ? text + len + 1 : "";
		return &commands[i];
	}
	return NULL;
}

void view_command(struct view *v, const char *text)
{
	const char *args;
	const struct ui_command *own = ui_command_find(text, &args);
	struct panel *focus = view_focus(v);

	v->touched = true;
	if (own && command_is_of_another(v, text)) {
		view_message(v, true, "%s is of a %s", own->name,
			port_is_service(&v->port) ? "run: Enter opens a batch as one" : "service");
		return;
	}
	if (own && !strcmp(own->name, "scroll") && v->overlay == OVERLAY_NONE)
		view_catch_up(v);
	if (!own && *text) {
		if (!actions_ask_first(v, text))
			view_engine(v, text);
	} else if (own && own->run)
		own->run(v, args);
	else if (own && !(focus->ops->command && focus->ops->command(focus, v, own->name, args)))
		view_message(v, true, "not here: %s %s", own->name, own->args);
}
