#include "actions.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "phrases.h"
#include "view.h"

/* Behind raise and lower there may be by how much. */
static bool is_verb(struct view *v, const char *verb)
{
	static const char *const verbs[] = {"retry", "cancel", "hold", "release", "raise", "lower"};
	size_t len = strcspn(verb, " ");
	const char *by = verb + len + (verb[len] == ' ');

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strlen(verbs[i]) == len && !memcmp(verb, verbs[i], len) &&
			(!*by || (i >= 4 && strlen(by) <= 3 && !by[strspn(by, "0123456789")])))
			return true;
	view_message(v, true, "retry, cancel, hold, release, raise [N] or lower [N]");
	return false;
}

void actions_ask(struct view *v, const char *note, const char *format, ...)
{
	struct question *q = &v->question;
	va_list ap;

	if (v->read_only) {
		view_message(v, true, "read-only: commands are off");
		return;
	}
	va_start(ap, format);
	vsnprintf(q->title, sizeof(q->title), format, ap);
	va_end(ap);
	q->title[0] = (char)toupper((unsigned char)q->title[0]);
	snprintf(q->note, sizeof(q->note), "%s", note);
	view_set_overlay(v, OVERLAY_ASK);
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "item" : "items";
}

/* " by 5" of "raise 5"; also the default of a plain "raise". */
static const char *by_how_much(const char *verb, char out[16])
{
	size_t len = strcspn(verb, " ");

	out[0] = '\0';
	if (!strncmp(verb, "raise", len) || !strncmp(verb, "lower", len))
		snprintf(out, 16, " by %.3s", verb[len] ? verb + len + 1 : "10");
	return out;
}

/* Asks for all items of a filter. */
static void ask_where(
	struct view *v, const char *verb, const char *filter, uint64_t count, bool complete)
{
	struct question *q = &v->question;
	char by[16];

	if (!count && complete) {
		view_message(v, true, "no item to %.*s: %s", (int)strcspn(verb, " "), verb, filter);
		return;
	}
	snprintf(q->command, sizeof(q->command), "%s where %s", verb, filter);
	actions_ask(v, filter, "%.*s %s%" PRIu64 " %s%s?", (int)strcspn(verb, " "), verb,
		complete ? "" : "at least ", count, plural(count), by_how_much(verb, by));
}

static void ask_tagged(struct view *v, const char *verb)
{
	char by[16];

	snprintf(v->question.command, sizeof(v->question.command), "%s where tag:yes", verb);
	actions_ask(v, "the tagged items", "%.*s %" PRIu64 " tagged %s%s?", (int)strcspn(verb, " "),
		verb, v->snap.tagged, plural(v->snap.tagged), by_how_much(verb, by));
}

const struct item_row *actions_item(const struct view *v)
{
	const struct item_list *l = v->screen == SCREEN_ITEMS ? &v->items.list : &v->active;

	if (v->screen == SCREEN_INSPECTOR)
		return v->inspector.line ? &v->inspector.row : NULL;
	if (v->screen != SCREEN_MAIN && v->screen != SCREEN_ITEMS)
		return NULL;
	/* while it is to be chosen anew, rows were not seen yet */
	return l->line && !l->choose && !v->unseen ? &l->selected : NULL;
}

/* The selected group of errors is its items that are not ok. */
static void ask_group(struct view *v, const char *verb)
{
	const struct error_group *g = groups_selected(&v->groups);
	char filter[32];

	if (!g) {
		view_message(v, true, "no kind of error is selected");
	} else if (!g->items) {
		view_message(v, true, "no item has this error now");
	} else {
		snprintf(filter, sizeof(filter), "group:%" PRIu32, g->id);
		ask_where(v, verb, filter, g->items, true);
		snprintf(v->question.note, sizeof(v->question.note), "%s: %s",
			outcome_label(g->outcome), g->message[0] ? g->message : g->code);
	}
}

static void open_item(struct view *v, uint64_t line)
{
	v->inspected_from = v->screen;
	inspector_open(&v->inspector, line, TAB_TEXT);
	view_set_screen(v, SCREEN_INSPECTOR);
}

/* The items of a row of this screen. */
static void list_items(struct view *v, const char *filter)
{
	v->listed_from = v->screen;
	view_set_screen(v, SCREEN_ITEMS);
	items_view_filter(&v->items, filter);
	v->items.lent = true;
}

static void inspect_item(struct view *v)
{
	const struct item_row *item = actions_item(v);

	if (!item) {
		view_message(v, true, "no item is selected: j and k select one");
		return;
	}
	if (v->screen == SCREEN_INSPECTOR)
		return;
	open_item(v, item->line);
}

/* The items of a model, an endpoint or a stage. */
static void inspect_usage(struct view *v)
{
	char filter[sizeof(v->items.query.filter)];

	if (!usage_view_filter(&v->usage, filter, sizeof(filter))) {
		view_message(v, true, "items have no filter for this row");
		return;
	}
	list_items(v, filter);
}

/* What the selected line of the log is about: the items of a kind of failure, an item, an endpoint.
 */
static void inspect_event(struct view *v)
{
	const struct log_row *row = log_selected(&v->log);
	const struct event *e = row ? &v->log.event[row->last] : NULL;
	char filter[64];

	if (e && row->count > 1 && e->outcome != OUTCOME_OK) {
		if (e->group && v->log.event[row->first].group == e->group)
			snprintf(filter, sizeof(filter), "group:%" PRIu32, e->group);
		else
			snprintf(filter, sizeof(filter), "outcome:%s", outcome_name(e->outcome));
		list_items(v, filter);
	} else if (e && e->line) {
		open_item(v, e->line);
	} else if (e && e->endpoint[0]) {
		usage_view_select(&v->usage, USAGE_ENDPOINT, e->endpoint);
		view_set_screen(v, v->snap.n_endpoints > 1 ? SCREEN_USAGE : SCREEN_CHARTS);
	} else {
		view_message(
			v, true, e ? "this event has no item or endpoint" : "no line is selected");
	}
}

void actions_inspect(struct view *v, const char *args)
{
	const struct error_group *g = groups_selected(&v->groups);
	char filter[32];

	(void)args;
	if (v->screen == SCREEN_USAGE || v->screen == SCREEN_LOG) {
		(v->screen == SCREEN_LOG ? inspect_event : inspect_usage)(v);
		return;
	}
	if (v->screen != SCREEN_ERRORS) {
		inspect_item(v);
		return;
	}
	if (!g)
		return;
	snprintf(filter, sizeof(filter), "group:%" PRIu32, g->id);
	list_items(v, filter);
}

/* An item in flight is asked again at once, unless that costs: the server may charge for both. */
static bool ask_straggler(struct view *v, const char *verb, const struct item_row *item)
{
	const struct cost_view *c = &v->snap.cost;

	if (strcmp(verb, "retry") != 0 || item->state != ITEM_IN_FLIGHT ||
		!(c->usd >= 0 || c->expected || c->budget_tokens > 0))
		return false;
	snprintf(v->question.command, sizeof(v->question.command), "retry #%" PRIu64, item->line);
	actions_ask(v, "Its request in flight is aborted; the server may charge for both.",
		"Ask %.64s again?", item->id);
	return true;
}

void actions_selected(struct view *v, const char *verb)
{
	const struct item_row *item = actions_item(v);
	char text[64];

	if (!is_verb(v, verb))
		return;
	if (v->snap.past) {
		actions_ask_again(v, verb);
	} else if (v->screen == SCREEN_ERRORS) {
		ask_group(v, verb);
	} else if (v->screen == SCREEN_ITEMS && v->snap.tagged) {
		ask_tagged(v, verb);
	} else if (!item) {
		view_message(v, true, "no item is selected: j and k select one");
	} else {
		if (ask_straggler(v, verb, item))
			return;
		/* the key that sets an item aside brings it back */
		if (!strcmp(verb, "hold") && item->state == ITEM_HELD)
			verb = "release";
		snprintf(text, sizeof(text), "%s #%" PRIu64, verb, item->line);
		view_engine(v, text);
	}
}

void actions_ask_again(struct view *v, const char *text)
{
	const struct command_request count = {.text = text, .dry_run = true};
	struct command_reply reply = {.ok = false};

	port_ask(&v->port, &count, &reply);
	if (!reply.ok) {
		view_message(v, true, "%s", reply.text);
		return;
	}
	snprintf(v->question.command, sizeof(v->question.command), "%s", text);
	actions_ask(v, reply.text,
		!strcmp(text, "go on") ? "Resume the run? This leaves the view and runs:"
				       : "Retry all failed items? This leaves the view and runs:");
}

void actions_ask_resend(struct view *v, uint64_t line, const char *id, const char *copy)
{
	char note[300];

	snprintf(v->question.command, sizeof(v->question.command),
		"resend #%" PRIu64 " with %.220s", line, copy);
	snprintf(note, sizeof(note), "It is a new attempt. Else it stays in %.220s", copy);
	actions_ask(v, note, "Send the edited request of %.64s?", id);
}

static void ask_to_stop(struct view *v)
{
	const struct item_counts *c = &v->snap.items;
	uint64_t left = c->total - c->ok - c->failed - c->cancelled;
	char note[120];

	if (!left) {
		view_message(v, true, "every item has ended");
		return;
	}
	snprintf(v->question.command, sizeof(v->question.command), "stop");
	snprintf(note, sizeof(note), "%" PRIu64 " in flight are aborted; resumable later",
		c->in_flight);
	actions_ask(v, note, "Cancel the run with %" PRIu64 " items not finished?", left);
}

static void ask_to_drain(struct view *v)
{
	const struct item_counts *c = &v->snap.items;
	uint64_t left = c->total - phrase_done(c) - c->in_flight;
	char note[120];

	snprintf(v->question.command, sizeof(v->question.command), "drain");
	snprintf(note, sizeof(note), "%" PRIu64 " in flight finish%s; resumable later",
		c->in_flight, c->in_flight == 1 ? "es" : "");
	actions_ask(v, note, "Drain the run? %" PRIu64 " %s will not start.", left, plural(left));
}

bool actions_ask_key(struct view *v, const char *command)
{
	enum run_state state = v->snap.state;
	bool ending = state == RUN_DRAINING || state == RUN_CANCELLING || phrase_over(&v->snap);

	if (v->overlay == OVERLAY_QUIT || ending || port_is_service(&v->port))
		return false;
	if (!strcmp(command, "drain"))
		ask_to_drain(v);
	else if (!strcmp(command, "stop"))
		ask_to_stop(v);
	else
		return false;
	return true;
}

/* Behind a typed verb: "where FILTER", after raise and lower a number before it. Fills in the verb
 * with its number; NULL: it is no such command. */
static const char *filter_of(const char *text, char *verb, size_t size)
{
	static const char *const verbs[] = {"retry", "cancel", "hold", "release", "raise", "lower"};
	size_t len = strcspn(text, " \t"), digits;
	const char *at = text + len + strspn(text + len, " \t");
	size_t i = 0;

	while (i < 6 && (strlen(verbs[i]) != len || memcmp(verbs[i], text, len) != 0))
		i++;
	if (i == 6)
		return NULL;
	snprintf(verb, size, "%s", verbs[i]);
	digits = i >= 4 ? strspn(at, "0123456789") : 0;
	if (digits && digits <= 3 && (at[digits] == ' ' || at[digits] == '\t')) {
		snprintf(verb, size, "%s %.*s", verbs[i], (int)digits, at);
		at += digits + strspn(at + digits, " \t");
	}
	if (strncmp(at, "where", 5) != 0 || (at[5] != ' ' && at[5] != '\t'))
		return NULL;
	return at + 5 + strspn(at + 5, " \t");
}

/* "retry all [OUTCOME]" as the filter that it stands for; NULL: it is another command. */
static const char *filter_of_all(const char *text, char *out, size_t size)
{
	static const char all[] = "retry all";
	const char *outcome = text + sizeof(all) - 1;

	if (strncmp(text, all, sizeof(all) - 1) != 0 || (*outcome && *outcome != ' '))
		return NULL;
	outcome += strspn(outcome, " ");
	snprintf(out, size, "!queued !in_flight !held !ok !cancelled %s%s",
		*outcome ? "outcome:" : "", outcome);
	return out;
}

bool actions_ask_first(struct view *v, const char *text)
{
	struct item_query q = {.sort = FIELD_LINE};
	char verb[16] = "retry", all[PROMPT_MAX + 64], by[16];
	struct rows_info info = {.error = ""};
	const char *filter;
	struct item_row row;

	text += strspn(text, " \t");
	if (port_is_service(&v->port))
		return batches_ask_first(v, text);
	if (v->snap.past) {
		if (strcmp(text, "go on") != 0 && strncmp(text, "retry", 5) != 0)
			return false;
		actions_ask_again(v, text);
		return true;
	}
	filter = filter_of(text, verb, sizeof(verb));
	if (!filter)
		filter = filter_of_all(text, all, sizeof(all));
	/* the engine says what is wrong with a filter */
	if (!filter || v->read_only || strlen(filter) >= sizeof(q.filter))
		return false;
	snprintf(q.filter, sizeof(q.filter), "%.199s", filter);
	port_rows(&v->port, &q, 0, &row, 1, &info);
	if (!info.total && port_late(&v->port)) {
		view_message(v, true, "not sent: counting the items, try again");
		return true;
	}
	if (info.error[0] || (info.complete && info.total <= 1))
		return false;
	snprintf(v->question.command, sizeof(v->question.command), "%.259s", text);
	actions_ask(v, text, "%.*s %s%" PRIu64 " %s%s?", (int)strcspn(verb, " "), verb,
		info.complete ? "" : "at least ", info.total, plural(info.total),
		by_how_much(verb, by));
	return true;
}

/* What failed, but for lines that would fail again. */
static void ask_failed(struct view *v)
{
	uint64_t failed = v->snap.items.failed, some = phrase_retryable(&v->snap);

	if (failed && !some)
		view_message(v, true, "what failed are bad input lines: fix them and run again");
	else
		ask_where(v, "retry",
			some < failed ? "state:failed !outcome:bad_input" : "state:failed", some,
			true);
}

void actions_matching(struct view *v, const char *verb)
{
	const struct item_counts *c = &v->snap.items;
	const struct rows_info *info = &v->items.list.info;

	if (!is_verb(v, verb))
		return;
	if (v->snap.past) {
		actions_ask_again(v, verb);
	} else if (v->screen == SCREEN_ITEMS && v->items.query.filter[0]) {
		if (info->error[0])
			view_message(v, true, "%s", info->error);
		else
			ask_where(v, verb, v->items.query.filter, info->total, info->complete);
	} else if (!strcmp(verb, "retry")) {
		ask_failed(v);
	} else if (!strcmp(verb, "hold")) {
		ask_where(v, verb, "state:queued", c->queued, true);
	} else if (!strcmp(verb, "release")) {
		ask_where(v, verb, "state:held", c->held, true);
	} else if (!strcmp(verb, "cancel")) {
		ask_to_stop(v);
	} else {
		view_message(v, true,
			"%s needs a filter: filter the items first; nothing was changed", verb);
	}
}

void actions_yes(struct view *v, const char *args)
{
	(void)args;
	if (v->overlay != OVERLAY_ASK) {
		view_message(v, true, "there is no open question");
		return;
	}
	view_set_overlay(v, OVERLAY_NONE);
	view_engine(v, v->question.command);
}
