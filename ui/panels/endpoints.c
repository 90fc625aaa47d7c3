#include "endpoints.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "phrases.h"

enum { NAMED = 14, NAMED_ROOMY = 24, ROOMY = 100, NARROW = 72 };

static int name_cells(const struct panel *p)
{
	return p->at.cols >= ROOMY ? NAMED_ROOMY : NAMED;
}

static const char *lane_state(const struct snapshot *s, const struct lane_figures *l, char *out)
{
	char time[24];

	if (l->breaker_open) {
		snprintf(out, PHRASE_SIZE, "breaker open, probing");
		return R_BAD;
	}
	if (phrase_probes(s->now_us, l->hold_until_us)) {
		snprintf(out, PHRASE_SIZE, "hold until a probe");
		return R_WARN;
	}
	if (l->hold_until_us > s->now_us) {
		snprintf(out, PHRASE_SIZE, "hold %s",
			text_age(phrase_left(l->hold_until_us - s->now_us), time, sizeof(time)));
		return R_WARN;
	}
	snprintf(out, PHRASE_SIZE, "open");
	return R_TEXT;
}

const char *endpoint_state(const struct snapshot *s, const struct endpoint_view *e, char *out)
{
	if (!e->paused)
		return lane_state(s, &e->lane, out);
	snprintf(out, PHRASE_SIZE, "paused");
	return R_WARN;
}

/* The figures that rows of endpoints and of models have in common; more: text between them. */
static void lane_line(struct panel *p, int i, const char *name, const struct lane_figures *l,
	const char *more, const char *role, const char *state)
{
	char figures[PANEL_LINE], cut[PHRASE_SIZE], n[16], rate[32] = "";

	if (p->at.cols >= NARROW)
		snprintf(rate, sizeof(rate), R_DIM "req/s " R_TEXT "%-6s",
			text_count(l->answers_now, n, sizeof(n)));
	snprintf(figures, sizeof(figures),
		"%s" R_TEXT " %4" PRIu32 "/%-5d%s%s" R_DIM "429s " R_TEXT "%s/min%s  ", name,
		l->in_flight, l->concurrency, l->concurrency_auto ? "AUTO " : "     ", rate,
		text_count(l->rate_limited_per_min, n, sizeof(n)), more);
	text_cut(cut, sizeof(cut), state, p->at.cols - text_cells(figures));
	panel_line(p, i, "%s%s%s", figures, role, cut);
}

static void endpoint_line(
	struct panel *p, int i, const struct snapshot *s, const struct endpoint_view *e)
{
	char name[PHRASE_SIZE], state[PHRASE_SIZE], more[PHRASE_SIZE] = "", done[16];
	const char *role = endpoint_state(s, e, state);

	if (!e->paused && !e->lane.breaker_open && e->lane.hold_until_us > s->now_us &&
		e->hold_source[0])
		snprintf(state + strlen(state), sizeof(state) - strlen(state), ", %s",
			e->hold_source);
	if (p->at.cols >= ROOMY)
		snprintf(more, sizeof(more),
			R_DIM "  ok " R_TEXT "%-7s" R_DIM "weight " R_TEXT "%-5g",
			text_count((double)e->lane.ok, done, sizeof(done)), e->weight);
	snprintf(name, sizeof(name), "%s%c %-*.*s", e->chosen ? R_STRONG : R_TEXT,
		e->chosen ? '>' : ' ', name_cells(p), name_cells(p), e->name);
	lane_line(p, i, name, &e->lane, more, role, state);
}

static void model_line(struct panel *p, int i, const struct snapshot *s, const struct model_view *m)
{
	char name[PHRASE_SIZE], shown[NAMED_ROOMY * 8], state[PHRASE_SIZE], more[PHRASE_SIZE] = "";
	char done[16], left[24];
	int width = name_cells(p) - 2;
	const char *role = lane_state(s, &m->lane, state);

	if (phrase_probes(s->now_us, m->lane.hold_until_us))
		snprintf(state, sizeof(state), "%s, %s",
			m->lane.breaker_open ? "probing" : "hold until a probe", m->hold_source);
	else if (m->lane.breaker_open || m->lane.hold_until_us > s->now_us)
		snprintf(state, sizeof(state), "%s %s, %s",
			m->lane.breaker_open ? "probe in" : "hold",
			text_age(
				phrase_left(m->lane.hold_until_us - s->now_us), left, sizeof(left)),
			m->hold_source);
	if (p->at.cols >= ROOMY)
		snprintf(more, sizeof(more), R_DIM "  ok " R_TEXT "%-7s%-12s",
			text_count((double)m->lane.ok, done, sizeof(done)), "");
	text_cut(shown, sizeof(shown), m->name, width);
	snprintf(name, sizeof(name), R_TEXT "    %s%*s", shown, width - text_cells(shown), "");
	lane_line(p, i, name, &m->lane, more, role, state);
}

void endpoints_fill(struct panel *p, const struct snapshot *s)
{
	int room = p->at.rows - 1, rows = s->n_endpoints + s->n_models,
	    shown = rows <= room ? rows : room;
	int model = 0, row = 0;
	char note[40] = "";

	if (shown < rows)
		snprintf(note, sizeof(note), "%d more", rows - shown);
	panel_title(p, s->n_models ? "endpoints and models" : "endpoints", note);
	for (int i = 0; i < s->n_endpoints && row < shown; i++) {
		endpoint_line(p, ++row, s, &s->endpoints[i]);
		for (; model < s->n_models && s->models[model].endpoint == i && row < shown;
			model++)
			model_line(p, ++row, s, &s->models[model]);
	}
}
