#include "view.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "words.h"

enum { MESSAGE_S = 5, QUIT_ROWS = 9, QUIT_COLS = 58 };

static const struct panel_ops *const main_panels[PANEL_COUNT] = {
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
	[PANEL_TINY] = &tiny_panel,
	[PANEL_PLOT_RATE] = &plot_rate_panel,
	[PANEL_PLOT_FLIGHT] = &plot_flight_panel,
	[PANEL_HISTOGRAM] = &histogram_panel,
};

struct view *view_new(
	const struct port *port, const struct glyph_set *glyphs, bool read_only, int rows, int cols)
{
	struct view *v = xcalloc(1, sizeof(*v));

	v->port = *port;
	v->read_only = read_only;
	for (int i = 0; i < PANEL_COUNT; i++)
		v->panel[i].ops = main_panels[i];
	canvas_init(&v->canvas, glyphs, rows, cols);
	view_resize(v, rows, cols);
	return v;
}

void view_free(struct view *v)
{
	for (int i = 0; i < PANEL_COUNT; i++)
		panel_free(&v->panel[i]);
	panel_free(&v->over);
	canvas_free(&v->canvas);
	free(v->active);
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
	case OVERLAY_PROMPT:
		v->over.ops = &prompt_panel;
		panel_place(&v->over, prompt_place(v));
		break;
	}
}

static void all_dirty(struct view *v)
{
	for (int i = 0; i < PANEL_COUNT; i++)
		v->panel[i].dirty = true;
	v->over.dirty = true;
}

void view_set_overlay(struct view *v, enum overlay overlay)
{
	v->overlay = overlay;
	place_overlay(v);
	canvas_clear(&v->canvas, (struct rect){0, 0, v->canvas.rows, v->canvas.cols});
	all_dirty(v);
}

void view_resize(struct view *v, int rows, int cols)
{
	int list;

	canvas_resize(&v->canvas, rows, cols);
	layout_compute(v->canvas.rows, v->canvas.cols, &v->layout);
	for (int i = 0; i < PANEL_COUNT; i++)
		panel_place(&v->panel[i], v->layout.at[i]);
	place_overlay(v);
	list = v->layout.at[PANEL_ACTIVE].rows;
	v->active = xrealloc(v->active, list > 0 ? (size_t)list : 1, sizeof(*v->active));
	v->active_n = 0;
}

static void read_events(struct view *v)
{
	uint64_t last = v->snap.last_event;

	if (last > v->event_seq + VIEW_EVENTS)
		v->event_seq = last - VIEW_EVENTS;
	while (v->event_seq < last) {
		struct event fresh[8];
		size_t n = port_events_since(&v->port, v->event_seq, fresh, 8), over;

		if (!n)
			break;
		over = v->event_n + n > VIEW_EVENTS ? v->event_n + n - VIEW_EVENTS : 0;
		memmove(v->events, v->events + over, (v->event_n - over) * sizeof(*v->events));
		memcpy(v->events + v->event_n - over, fresh, n * sizeof(*fresh));
		v->event_n += n - over;
		v->event_seq = fresh[n - 1].seq;
	}
}

static void read_active(struct view *v)
{
	int room = v->layout.at[PANEL_ACTIVE].rows - 2;
	struct rows_info info;

	if (room <= 0)
		return;
	v->active_n = port_rows(&v->port, QUERY_ACTIVE, v->scroll, v->active, (size_t)room, &info);
	v->active_total = info.total;
	if (v->scroll && v->scroll + (uint64_t)room > v->active_total) {
		v->scroll = v->active_total > (uint64_t)room ? v->active_total - (uint64_t)room : 0;
		v->active_n = port_rows(
			&v->port, QUERY_ACTIVE, v->scroll, v->active, (size_t)room, &info);
	}
}

/* A paused run that has come to rest: only its clock moves, and nobody needs averages that fade. */
static bool is_at_rest(const struct snapshot *s)
{
	return s->state == RUN_PAUSED && !s->items.in_flight && s->answers_now <= 0;
}

bool view_refresh(struct view *v)
{
	uint64_t event = v->event_seq;
	bool rest, dirty = false;

	rest = is_at_rest(&v->snap);
	port_snapshot(&v->port, &v->snap);
	rest = rest && is_at_rest(&v->snap) && v->snap.last_event == event && !v->message[0];
	v->read_only = v->read_only || v->snap.read_only;
	read_events(v);
	read_active(v);
	if (v->message[0] && v->snap.now_us >= v->message_until_us)
		v->message[0] = '\0';
	if (v->overlay == OVERLAY_QUIT && words_over(&v->snap))
		view_set_overlay(v, OVERLAY_NONE);
	for (int i = 0; i < PANEL_COUNT; i++)
		if (!rest || i == PANEL_HEADER || i == PANEL_TINY)
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
	int used = 1 + text_cells(v->prompt);

	if (v->overlay != OVERLAY_PROMPT)
		return false;
	*row = v->over.at.row;
	*col = used < v->over.at.cols ? used : v->over.at.cols - 1;
	return true;
}

void view_message(struct view *v, bool bad, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(v->message, sizeof(v->message), format, ap);
	va_end(ap);
	v->message_bad = bad;
	v->message_until_us = v->snap.now_us + MESSAGE_S * US_PER_S;
}

const char *view_notice(const struct view *v, char *out)
{
	char note[WORDS];

	if (v->message[0])
		snprintf(out, WORDS, "%s%s", v->message_bad ? R_BAD : R_STRONG, v->message);
	else if (words_note(&v->snap, note)[0])
		snprintf(out, WORDS, R_WARN "%.250s", note);
	else
		out[0] = '\0';
	return out;
}
