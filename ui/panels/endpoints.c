#include "endpoints.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "phrases.h"

enum { NAMED = 14, ROOMY = 100 };

const char *endpoint_state(const struct snapshot *s, const struct endpoint_view *e, char *out)
{
	char time[24];

	if (e->paused) {
		snprintf(out, PHRASE_SIZE, "paused");
		return R_WARN;
	}
	if (e->breaker_open) {
		snprintf(out, PHRASE_SIZE, "breaker open, probing");
		return R_BAD;
	}
	if (e->hold_until_us > s->now_us) {
		snprintf(out, PHRASE_SIZE, "hold %s",
			text_age(phrase_left(e->hold_until_us - s->now_us), time, sizeof(time)));
		return R_WARN;
	}
	snprintf(out, PHRASE_SIZE, "open");
	return R_TEXT;
}

static void endpoint_line(
	struct panel *p, int i, const struct snapshot *s, const struct endpoint_view *e)
{
	char now[16], refused[16], state[PHRASE_SIZE], more[PHRASE_SIZE] = "", done[16];
	const char *role = endpoint_state(s, e, state);

	if (p->at.cols >= ROOMY)
		snprintf(more, sizeof(more),
			R_DIM "  ok " R_TEXT "%-7s" R_DIM "weight " R_TEXT "%-5g",
			text_count((double)e->ok, done, sizeof(done)), e->weight);
	panel_line(p, i,
		"%s%c %-*.*s" R_TEXT " %4" PRIu32 "/%-5d%s" R_DIM " req/s " R_TEXT "%-6s" R_DIM
		"429s " R_TEXT "%s/min%s  %s%s",
		e->chosen ? R_STRONG : R_TEXT, e->chosen ? '>' : ' ', NAMED, NAMED, e->name,
		e->in_flight, e->concurrency, e->concurrency_auto ? "AUTO" : "    ",
		text_count(e->answers_now, now, sizeof(now)),
		text_count(e->rate_limited_per_min, refused, sizeof(refused)), more, role, state);
}

void endpoints_fill(struct panel *p, const struct snapshot *s)
{
	int room = p->at.rows - 1, shown = s->n_endpoints <= room ? s->n_endpoints : room;
	char note[40] = "";

	if (shown < s->n_endpoints)
		snprintf(note, sizeof(note), "%d more", s->n_endpoints - shown);
	panel_title(p, "endpoints", note);
	for (int i = 0; i < shown; i++)
		endpoint_line(p, i + 1, s, &s->endpoints[i]);
}
