#include "view.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "look_back.h"
#include "table.h"
#include "phrases.h"

enum {
	MESSAGE_S = 5,
	QUIT_ROWS = 9,
	QUIT_COLS = 58,
	ASK_ROWS = 7,
	ASK_COLS = 64,
	ASK_MORE = 18, /* for the frame, and a word that does not fit */
	BUDGET_ROWS = 9,
	CLIP_TEXT_MAX = 1 << 30
};

static const struct panel_ops *const all_panels[PANEL_COUNT] = {
	[PANEL_HEADER] = &header_panel,
	[PANEL_PROGRESS] = &progress_panel,
	[PANEL_LEDGER] = &ledger_panel,
	[PANEL_RATE] = &rate_panel,
	[PANEL_LATENCY] = &latency_panel,
	[PANEL_ERRORS] = &errors_panel,
	[PANEL_TOKENS] = &tokens_panel,
	[PANEL_ACTIVE] = &active_panel,
	[PANEL_EVENTS] = &events_panel,
	[PANEL_KEYS] = &keys_panel,
	[PANEL_ITEMS] = &items_panel,
	[PANEL_GROUPS] = &groups_panel,
	[PANEL_LOG] = &log_panel,
	[PANEL_INSPECTOR] = &inspector_panel,
	[PANEL_PREVIEW] = &preview_panel,
	[PANEL_TINY] = &tiny_panel,
	[PANEL_ENDPOINTS] = &endpoints_panel,
	[PANEL_END] = &end_panel,
	[PANEL_PLOT_RATE] = &plot_rate_panel,
	[PANEL_PLOT_FLIGHT] = &plot_flight_panel,
	[PANEL_HISTOGRAM] = &histogram_panel,
	[PANEL_TIMEBAR] = &timebar_panel,
	[PANEL_HEAT] = &heat_panel,
	[PANEL_PLOT_TOKENS] = &plot_tokens_panel,
	[PANEL_USAGE] = &usage_panel,
	[PANEL_ERROR_DETAIL] = &error_detail_panel,
	[PANEL_EVENT_DETAIL] = &event_detail_panel,
	[PANEL_COACH] = &coach_panel,
	[PANEL_BATCHES] = &batches_panel,
	[PANEL_BATCH] = &batch_panel,
	[PANEL_CALLS] = &calls_panel,
};

/* The panel a screen is about. */
static const enum panel_id focus[SCREEN_COUNT] = {
	[SCREEN_MAIN] = PANEL_ACTIVE,
	[SCREEN_ITEMS] = PANEL_ITEMS,
	[SCREEN_ERRORS] = PANEL_GROUPS,
	[SCREEN_LOG] = PANEL_LOG,
	[SCREEN_CHARTS] = PANEL_HEAT,
	[SCREEN_USAGE] = PANEL_USAGE,
	[SCREEN_INSPECTOR] = PANEL_INSPECTOR,
	[SCREEN_BATCHES] = PANEL_BATCHES,
	[SCREEN_CALLS] = PANEL_CALLS,
};

enum screen view_home(const struct view *v)
{
	return port_is_service(&v->port) ? SCREEN_BATCHES : SCREEN_MAIN;
}

struct view *view_new(
	const struct port *port, const struct glyph_set *glyphs, bool read_only, int rows, int cols)
{
	struct view *v = xcalloc(1, sizeof(*v));

	v->port = *port;
	v->screen = view_home(v);
	v->read_only = v->only_looks = read_only;
	v->items.list.choose = true;
	v->limit = "rate";
	buf_init(&v->want_clip, CLIP_TEXT_MAX);
	for (int i = 0; i < PANEL_COUNT; i++)
		v->panel[i].ops = all_panels[i];
	canvas_init(&v->canvas, glyphs, rows, cols);
	view_resize(v, rows, cols);
	return v;
}

void view_free(struct view *v)
{
	if (v->below)
		view_free(v->below);
	look_close(v);
	for (int i = 0; i < PANEL_COUNT; i++)
		panel_free(&v->panel[i]);
	panel_free(&v->over);
	buf_free(&v->want_clip);
	canvas_free(&v->canvas);
	item_list_free(&v->active);
	items_view_free(&v->items);
	inspector_free(&v->inspector);
	inspector_free(&v->preview);
	groups_free(&v->groups);
	log_free(&v->log);
	timeline_free(&v->timeline);
	usage_view_free(&v->usage);
	service_view_free(&v->service);
	free(v);
}

/* The prompt takes the place of the last event, or of the keys where there is none. */
static struct rect prompt_place(const struct view *v)
{
	struct rect r = v->layout.at[PANEL_EVENTS];

	if (!r.rows)
		return (struct rect){v->canvas.rows - 1, 0, 1, v->canvas.cols};
	return (struct rect){r.row + r.rows - 1, 0, 1, r.cols};
}

/* A note on two lines that are as even as words allow; the screen is the limit. */
static int ask_cols(const struct view *v)
{
	int note = text_cells(v->question.note) / 2 + ASK_MORE;

	return note > ASK_COLS ? note : ASK_COLS;
}

static void place_overlay(struct view *v)
{
	int rows = v->canvas.rows, cols = v->canvas.cols;

	switch (v->overlay) {
	case OVERLAY_NONE:
		break;
	case OVERLAY_HELP:
		v->over.ops = &help_panel;
		panel_place(&v->over, (struct rect){0, 0, rows, cols});
		break;
	case OVERLAY_QUIT:
		v->over.ops = &quit_panel;
		panel_place(&v->over, layout_centre(rows, cols, QUIT_ROWS, QUIT_COLS));
		break;
	case OVERLAY_ASK:
		v->over.ops = &ask_panel;
		panel_place(&v->over, layout_centre(rows, cols, ASK_ROWS, ask_cols(v)));
		break;
	case OVERLAY_BUDGET:
		v->over.ops = &budget_panel;
		panel_place(&v->over, layout_centre(rows, cols, BUDGET_ROWS, ASK_COLS));
		break;
	case OVERLAY_PROMPT:
		v->over.ops = &prompt_panel;
		panel_place(&v->over, prompt_place(v));
		break;
	}
}

/* The whole screen is drawn anew. */
static void start_over(struct view *v)
{
	canvas_clear(&v->canvas, (struct rect){0, 0, v->canvas.rows, v->canvas.cols});
	for (int i = 0; i < PANEL_COUNT; i++)
		v->panel[i].dirty = true;
	v->over.dirty = true;
}

void view_set_overlay(struct view *v, enum overlay overlay)
{
	v->overlay = overlay;
	place_overlay(v);
	start_over(v);
}

static void lay_out(struct view *v)
{
	struct layout old = v->layout;

	layout_compute(v->screen, v->canvas.rows, v->canvas.cols, &v->wants, &v->layout);
	for (int i = 0; i < PANEL_COUNT; i++)
		if (!v->panel[i].line || memcmp(&old.at[i], &v->layout.at[i], sizeof(old.at[i])))
			panel_place(&v->panel[i], v->layout.at[i]);
	place_overlay(v);
}

void view_resize(struct view *v, int rows, int cols)
{
	canvas_resize(&v->canvas, rows, cols);
	v->wants.bar = look_bar_rows(v);
	lay_out(v);
	start_over(v);
}

void view_set_screen(struct view *v, enum screen screen)
{
	v->screen = screen;
	v->bar_focus = false;
	v->unread = true;
	lay_out(v);
	start_over(v);
}

struct panel *view_focus(struct view *v)
{
	return v->overlay == OVERLAY_HELP ? &v->over : &v->panel[focus[v->screen]];
}

static void refresh_preview(struct view *v)
{
	const struct rect *at = &v->layout.at[PANEL_PREVIEW];

	if (!at->rows)
		return;
	if (v->preview.line != v->items.list.line)
		inspector_open(&v->preview, v->items.list.line, TAB_TEXT);
	inspector_refresh(&v->preview, &v->port, table_room(at->rows), at->cols - 2);
}

/* Reads from the port only the rows of the screen. */
static void refresh_lists(struct view *v)
{
	int rows = table_room(v->layout.at[focus[v->screen]].rows);
	struct table table;

	v->unread = false;
	log_read(&v->log, &v->port, v->snap.last_event);
	switch (v->screen) {
	case SCREEN_MAIN:
		item_list_refresh(&v->active, &v->port, QUERY_ACTIVE, rows, false);
		if (v->wants.end)
			groups_refresh(&v->groups, &v->port, rows);
		break;
	case SCREEN_ITEMS:
		item_columns_fit(&v->items.columns, &v->snap, &v->panel[PANEL_ITEMS], &table);
		v->items.query.facts = item_columns_have_facts(&table);
		items_view_refresh(&v->items, &v->port, &v->snap.items, rows);
		refresh_preview(v);
		break;
	case SCREEN_ERRORS:
		groups_refresh(&v->groups, &v->port, rows);
		break;
	case SCREEN_LOG:
		log_refresh(&v->log, rows);
		break;
	case SCREEN_INSPECTOR:
		inspector_refresh(&v->inspector, &v->port, rows, v->canvas.cols - 1);
		break;
	case SCREEN_USAGE:
		usage_view_refresh(&v->usage, &v->port, rows);
		break;
	case SCREEN_BATCHES:
	case SCREEN_CALLS:
		service_view_refresh(&v->service, &v->port,
			table_room(v->layout.at[PANEL_BATCHES].rows),
			table_room(v->layout.at[PANEL_CALLS].rows));
		break;
	case SCREEN_CHARTS:
	case SCREEN_COUNT:
		break;
	}
}

void view_catch_up(struct view *v)
{
	if (!v->unread && !(v->screen == SCREEN_ITEMS && v->items.list.choose) &&
		!(v->screen == SCREEN_LOG && !v->log.row))
		return;
	refresh_lists(v);
	v->unseen = true;
}

/* An idle paused run: only its clock moves, and nobody needs averages that fade. */
static bool is_idle(const struct view *v)
{
	const struct snapshot *s = &v->snap;

	return v->screen == SCREEN_MAIN && s->state == RUN_PAUSED && !s->replay.on &&
	       !s->items.in_flight && s->answers_now <= 0 && !v->late;
}

/* Some runs have more to show. */
static bool check_wants(struct view *v)
{
	/* stages have a heading */
	struct layout_wants wants = {
		.endpoints = v->snap.n_endpoints + v->snap.n_models + v->snap.pipeline,
		.end = v->snap.state == RUN_DONE,
		.bar = look_bar_rows(v),
		.groups = v->screen == SCREEN_ERRORS ? (int)v->groups.n : 0,
		.coach = v->coach.on};

	if (wants.endpoints == v->wants.endpoints && wants.end == v->wants.end &&
		wants.bar == v->wants.bar && wants.groups == v->wants.groups &&
		wants.coach == v->wants.coach)
		return false;
	v->wants = wants;
	lay_out(v);
	start_over(v);
	return true;
}

/* Opens the question of the run, and closes it when it is answered. */
static void check_question(struct view *v)
{
	bool asked = v->snap.question && !v->read_only;

	v->put_off = v->put_off && asked;
	if (!asked && v->overlay == OVERLAY_BUDGET)
		view_set_overlay(v, OVERLAY_NONE);
	else if (asked && !v->put_off && v->overlay == OVERLAY_NONE)
		view_set_overlay(v, OVERLAY_BUDGET);
}

/* Tells the result of a command that was not done at once. */
static void follow_job(struct view *v)
{
	struct job_view job;

	if (!v->job)
		return;
	if (!port_job(&v->port, v->job, &job)) {
		v->job = 0;
	} else if (!job.active) {
		v->job = 0;
		view_message(v, !job.ok, "%s", job.text);
	}
}

/* It goes on while the run is not heard. */
static int64_t message_clock_us(const struct view *v)
{
	return v->snap.now_us + v->snap.unheard_us;
}

/* Another process of the run may have another clock. */
static void age_message(struct view *v)
{
	int64_t now_us = message_clock_us(v), until_us = now_us + MESSAGE_S * US_PER_S;

	if (v->message[0] && !v->message_until_us)
		v->message_until_us = until_us;
	else if (v->message[0] && (now_us >= v->message_until_us || v->message_until_us > until_us))
		v->message[0] = '\0';
}

bool view_refresh(struct view *v)
{
	uint64_t event = v->log.seq;
	bool idle, dirty = false;

	idle = is_idle(v);
	look_refresh(v);
	check_wants(v);
	eta_update(&v->eta, &v->snap);
	if (v->coach.on)
		coach_update(&v->coach, &v->snap);
	timeline_refresh(&v->timeline, &v->port, &v->snap, v->screen == SCREEN_CHARTS);
	idle = idle && is_idle(v) && v->snap.last_event == event && !v->message[0] && !v->touched;
	v->touched = v->unseen = false;
	v->read_only = v->only_looks || v->snap.read_only;
	refresh_lists(v);
	if (check_wants(v)) /* the list has another length, and so its panel */
		refresh_lists(v);
	v->late = port_late(&v->port);
	follow_job(v);
	age_message(v);
	check_question(v);
	if (v->overlay == OVERLAY_QUIT && phrase_over(&v->snap))
		view_set_overlay(v, OVERLAY_NONE);
	for (int i = 0; i < PANEL_COUNT; i++)
		if (!idle || i == PANEL_HEADER || i == PANEL_TINY)
			dirty |= panel_recalculate(&v->panel[i], v);
	if (v->overlay == OVERLAY_NONE)
		return dirty;
	/* under the help nothing of the main screen is seen */
	return panel_recalculate(&v->over, v) || (dirty && v->overlay != OVERLAY_HELP);
}

void view_draw(struct view *v)
{
	for (int i = 0; i < PANEL_COUNT && v->overlay != OVERLAY_HELP; i++) {
		struct panel *p = &v->panel[i];

		if (p->dirty && p->at.rows && p->at.cols)
			p->ops->draw(p, &v->canvas);
		p->dirty = false;
	}
	if (v->overlay != OVERLAY_NONE) {
		v->over.ops->draw(&v->over, &v->canvas);
		v->over.dirty = false;
	}
}

bool view_cursor(const struct view *v, int *row, int *col)
{
	char shown[PROMPT_MAX];

	if (v->overlay != OVERLAY_PROMPT)
		return false;
	*row = v->over.at.row;
	*col = 1 + prompt_window(&v->prompt, v->over.at.cols - 1, shown, sizeof(shown));
	if (*col >= v->over.at.cols)
		*col = v->over.at.cols - 1;
	return true;
}

void view_message(struct view *v, bool bad, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(v->message, sizeof(v->message), format, ap);
	va_end(ap);
	v->message_bad = bad;
	/* before the first look there is no time yet */
	v->message_until_us = v->snap.now_us ? message_clock_us(v) + MESSAGE_S * US_PER_S : 0;
}

/* Does leaving change nothing? */
static bool may_leave(const struct view *v)
{
	return phrase_over(&v->snap) || v->snap.past;
}

bool view_engine(struct view *v, const char *text)
{
	struct command_reply reply = {0};

	if (!strcmp(text, "interrupt"))
		look_live(v); /* ^C is for the run */
	if (v->overlay == OVERLAY_QUIT)
		view_set_overlay(v, OVERLAY_NONE);
	if (v->read_only && !command_is_harmless(text, may_leave(v))) {
		view_message(v, true,
			v->snap.replay.on ? "\"%.60s\" was not sent: a replay changes nothing"
			: v->leaving == UI_LEAVING_ONLY
				? "read-only: \"%.60s\" was not sent; ^C leaves"
				: "read-only: \"%.60s\" was not sent; ^C drains the run",
			text);
		return false;
	}
	port_command(&v->port, text, &reply);
	v->job = reply.job;
	view_message(v, !reply.ok, "%s", reply.text);
	return reply.ok;
}

const char *view_notice(const struct view *v, char *out)
{
	char note[PHRASE_SIZE];

	if (v->message[0])
		snprintf(out, PHRASE_SIZE, "%s%s", v->message_bad ? R_BAD : R_STRONG, v->message);
	else if (v->snap.state == RUN_DONE && !v->snap.state_note[0] && v->screen != SCREEN_MAIN)
		snprintf(out, PHRASE_SIZE, R_WARN "the run is done: 1 shows what it came to");
	else if (look_note(v, note)[0] || phrase_note(&v->snap, note)[0])
		snprintf(out, PHRASE_SIZE, R_WARN "%.250s", note);
	else
		out[0] = '\0';
	return out;
}
