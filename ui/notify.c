#include "notify.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "phrases.h"

/* Between two holds of one outage a probe may pass. */
enum { LONG_HOLD_US = 60 * US_PER_S, PROBE_US = 5 * US_PER_S };
enum { PART = 100, PART_CELLS = 40 }; /* of a line: the run's name, the reason */

/* Nothing is sent until the operator does something. */
static bool waits_for_operator(const struct snapshot *s)
{
	const struct item_counts *c = &s->items;

	if (phrase_over(s))
		return false;
	return s->state == RUN_DISK_FULL ||
	       (s->state == RUN_PAUSED && (s->paused_itself || s->standstill)) ||
	       (s->total_known && c->held > 0 && !c->queued && !c->waiting && !c->in_flight);
}

/* Does the server hold the run for more than a minute? What the operator holds is for
 * waits_for_operator(). */
static bool is_held_for_long(struct notify *n, const struct snapshot *s)
{
	int64_t until_us;

	if (s->state != RUN_HELD || s->standstill) {
		if (n->held_last_us && s->now_us - n->held_last_us > PROBE_US)
			n->held_since_us = n->held_last_us = 0;
		return false;
	}
	if (!n->held_since_us) {
		n->held_since_us = s->now_us;
		n->told_hold = false;
	}
	n->held_last_us = s->now_us;
	until_us = s->held_until_us > s->now_us ? s->held_until_us : s->now_us;
	return until_us - n->held_since_us > LONG_HOLD_US;
}

static void put_end(const struct snapshot *s, const char *name, char *out)
{
	snprintf(out, NOTIFY_TEXT,
		"sluice: %s %s: %" PRIu64 " ok, %" PRIu64 " failed, %" PRIu64 " not finished", name,
		s->state == RUN_DONE ? "is done" : "has stopped", s->items.ok, s->items.failed,
		s->items.total - phrase_done(&s->items));
}

static void put_hold(const struct snapshot *s, const char *name, char *out)
{
	char until[PHRASE_SIZE];

	snprintf(out, NOTIFY_TEXT, "sluice: %s is held until %.8s%s%.60s", name,
		phrase_time(s->wall_us + s->held_until_us - s->now_us, until),
		s->hold_source[0] ? ": " : "", s->hold_source);
}

bool notify_news(struct notify *n, const struct snapshot *s, char *out)
{
	bool waiting = waits_for_operator(s), held = is_held_for_long(n, s), over = phrase_over(s);
	char name[PART], note[PHRASE_SIZE], why[PART];
	bool news = true;

	text_cut(name, sizeof(name), s->run_name, PART_CELLS);
	text_cut(why, sizeof(why), phrase_note(s, note), PART - 1);
	if (over && !n->told_end)
		put_end(s, name, out);
	else if (waiting && !n->told_waiting)
		snprintf(out, NOTIFY_TEXT, "sluice: %s waits for you%s%s", name, why[0] ? ": " : "",
			why);
	else if (held && !n->told_hold)
		put_hold(s, name, out);
	else
		news = false;
	n->told_end = over;
	n->told_waiting = waiting;
	n->told_hold = n->told_hold || held;
	return news;
}

const char *notify_title(const struct snapshot *s, char *out)
{
	bool running = s->state == RUN_RUNNING;
	char name[PART];

	text_cut(name, sizeof(name), s->run_name, PART_CELLS);
	snprintf(out, NOTIFY_TEXT, "%d%% sluice %s%s%s", phrase_percent(s), name,
		running ? "" : ", ", running ? "" : run_state_name(s->state));
	return out;
}

void notify_add(struct buf *out, enum ui_notify how, bool takes_text, const char *news)
{
	if (how == UI_NOTIFY_ALL && takes_text)
		buf_addf(out, "\033]9;%s\033\\", news);
	if (how == UI_NOTIFY_ALL || how == UI_NOTIFY_BELL)
		buf_addc(out, '\a');
}
