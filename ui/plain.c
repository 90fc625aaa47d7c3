#include "plain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "phrases.h"

enum { BATCH = 16, PLAIN_BOUND = 80, ERRORS_LOOKED_AT = 32, ERRORS_SHOWN = 3 };

/* "ETA 4-5m"; of a held run until when it is held. */
static const char *plain_end(const struct snapshot *s, char *out)
{
	char text[PHRASE_SIZE];

	if (phrase_until(s, out)[0])
		return out;
	snprintf(out, PHRASE_SIZE, "ETA %.40s", phrase_eta(s->eta_low_us, s->eta_high_us, text));
	return out;
}

void plain_status(const struct snapshot *s, char *out, size_t size)
{
	const struct item_counts *c = &s->items;
	char total[PHRASE_SIZE], eta[PHRASE_SIZE], bound[PHRASE_SIZE], saved[PHRASE_SIZE], up[32],
		now[16], state[PHRASE_SIZE];

	snprintf(out, size,
		"%s %d%% of %s: queued %" PRIu64 " waiting %" PRIu64 " in flight %" PRIu64
		" held %" PRIu64 " ok %" PRIu64 " failed %" PRIu64 " cancelled %" PRIu64
		"%s%s; %s req/s, bound by %s; up %s%s%s",
		phrase_state(s, state), phrase_percent(s), phrase_total(s, total), c->queued,
		c->waiting, c->in_flight, c->held, c->ok, c->failed, c->cancelled,
		phrase_saved(s, saved)[0] ? "; " : "", saved,
		text_count(phrase_over(s) ? s->answers_avg : s->answers_now, now, sizeof(now)),
		phrase_bound(s, PLAIN_BOUND, bound), text_clock(s->elapsed_us, up, sizeof(up)),
		phrase_over(s) ? "" : ", ", phrase_over(s) ? "" : plain_end(s, eta));
}

/* Text of the port is sanitised already; a line on a terminal is worth checking twice. */
static void add(struct plain *p, const char *text)
{
	char safe[PLAIN_LINE * 2];

	text_sanitise(safe, sizeof(safe), text, strlen(text));
	lines_add(p->lines, "%s", safe);
}

static void show_events(struct plain *p, const struct snapshot *s)
{
	struct event e[BATCH];
	char text[PHRASE_SIZE];
	size_t n;

	while (p->seen < s->last_event && (n = port_events_since(p->port, p->seen, e, BATCH)) > 0) {
		for (size_t i = 0; i < n; i++)
			if (e[i].level != EVENT_INFO)
				add(p, phrase_event(&e[i], text));
		p->seen = e[n - 1].seq;
	}
}

/* The server's words, also of what is tried again: each kind when it is new, and each time that it
 * has become twice as many. */
static void show_errors(struct plain *p)
{
	struct error_group g[ERRORS_LOOKED_AT];
	char text[PHRASE_SIZE], line[PHRASE_SIZE + 16];
	size_t total, n = port_errors(p->port, g, ERRORS_LOOKED_AT, &total);
	int shown = 0;

	for (size_t i = 0; i < n && shown < ERRORS_SHOWN; i++) {
		uint64_t *told = &p->told[g[i].id <= PLAIN_GROUPS ? g[i].id : 0];

		if (!g[i].attempts || g[i].attempts < 2 * *told)
			continue;
		*told = g[i].attempts;
		shown++;
		snprintf(line, sizeof(line), "errors: %s", phrase_error(&g[i], text));
		add(p, line);
	}
}

static void show_status(struct plain *p, const struct snapshot *s)
{
	char line[PLAIN_LINE], note[PHRASE_SIZE];

	plain_status(s, line, sizeof(line));
	add(p, line);
	if (s->state != p->state && !phrase_over(s) && phrase_note(s, note)[0])
		add(p, note);
	p->state = s->state;
	p->next_us = s->now_us + PLAIN_EVERY_US;
}

void plain_refresh(struct plain *p)
{
	struct snapshot s;

	port_snapshot(p->port, &s);
	show_events(p, &s);
	if (p->next_us && s.now_us < p->next_us)
		return;
	if (lines_behind(p->lines))
		return;
	show_status(p, &s);
	show_errors(p);
}

void plain_finish(struct plain *p)
{
	struct snapshot s;

	port_snapshot(p->port, &s);
	show_events(p, &s);
	show_status(p, &s);
}
