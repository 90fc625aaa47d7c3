/* The first line: whose run this is, its state as a word, how long it runs and how long it will. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "view.h"
#include "phrases.h"

enum { STATE_COLS = 12, ETA_COLS = 12, NARROW = 64 };

static const char *const state_roles[RUN_STATE_COUNT] = {
	[RUN_RUNNING] = R_GOOD,
	[RUN_PAUSED] = R_WARN,
	[RUN_HELD] = R_WARN,
	[RUN_DISK_FULL] = R_BAD,
	[RUN_DRAINING] = R_WARN,
	[RUN_CANCELLING] = R_WARN,
	[RUN_DONE] = R_GOOD,
	[RUN_STOPPED] = R_WARN,
};

/* The endpoint, or its host alone, where that fits; returns the cells used. */
static int place_endpoint(const struct snapshot *s, int room, char *out, size_t size)
{
	int n;

	if (s->n_endpoints > 1) {
		n = snprintf(
			out, size, "  %d %s", s->n_endpoints, s->pipeline ? "stages" : "endpoints");
		if (text_cells(out) > room)
			out[n = 0] = '\0';
		return n;
	}
	n = snprintf(out, size, "  %s", phrase_endpoint(s));
	if (text_cells(out) > room)
		n = snprintf(out, size, "  %.*s", (int)strcspn(phrase_endpoint(s), "/"),
			phrase_endpoint(s));
	if (text_cells(out) > room)
		out[n = 0] = '\0';
	return n ? text_cells(out) : 0;
}

static void header_recalculate(struct panel *p, const struct view *v)
{
	const struct snapshot *s = &v->snap;
	const char *role = s->link == RUN_LINK_LOST ? R_BAD : state_roles[s->state];
	int cols = p->at.cols, room, pad, state_cols;
	char name[512], where[512], up[32], text[32], left_out[32], eta[72], state[PHRASE_SIZE];

	text_clock(s->elapsed_us, up, sizeof(up));
	phrase_state(s, state);
	eta_left_out(&v->eta, s, left_out);
	snprintf(eta, sizeof(eta), "%-*s%s%s", ETA_COLS, eta_text(&v->eta, s, text),
		left_out[0] ? " " : "", left_out);
	state_cols = text_cells(state) > STATE_COLS - 1 ? text_cells(state) + 1 : STATE_COLS;
	if (cols < NARROW) {
		/* columns that stay in their places, where there is room for that */
		if (cols < state_cols + text_cells(up) + 1 + text_cells(text)) {
			panel_line(p, 0, " %s%s" R_TEXT " %s %s", role, state, up, text);
			return;
		}
		pad = state_cols - 1 - text_cells(state);
		pad = pad > 0 ? pad : 1;
		room = cols - pad - text_cells(state) - text_cells(up) - text_cells(eta) - 4;
		room = room > 0 ? room : 0;
		text_cut(name, sizeof(name), s->run_name, room);
		panel_line(p, 0, " %s%s" R_TEXT "%*s%s %s %s", role, state, pad, "", up, eta, name);
		return;
	}
	room = cols - text_cells(up) - text_cells(eta) - 6 - state_cols - 10;
	room -= text_cut(name, sizeof(name), s->run_name, room);
	room -= place_endpoint(s, room, where, sizeof(where));
	panel_line(p, 0,
		R_TITLE " sluice" R_STRONG "  %s" R_DIM "%s%*s %s%s" R_DIM "%*sup " R_TEXT "%s  %s",
		name, where, room > 0 ? room : 0, "", role, state, state_cols - (int)strlen(state),
		"", up, eta);
}

const struct panel_ops header_panel = {header_recalculate, panel_draw_plain, NULL};
