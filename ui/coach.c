#include "coach.h"

#include <string.h>

#include "base/clock.h"

/* A line is read in this time; one that no moment calls for comes after this time of calm. */
#define READ_US (8 * US_PER_S)
#define CALM_US (14 * US_PER_S)

enum { REFUSALS_MANY = 10 }; /* a minute */

#define SLOWER 0.55 /* of the best rate: the limit was lowered */

static bool is_over(const struct snapshot *s)
{
	return s->state == RUN_DONE || s->state == RUN_STOPPED;
}

static bool is_done_with_failures(const struct coach *c, const struct snapshot *s)
{
	(void)c;
	return is_over(s) && s->items.failed;
}

static bool is_done(const struct coach *c, const struct snapshot *s)
{
	(void)c;
	return is_over(s);
}

static bool is_ending(const struct coach *c, const struct snapshot *s)
{
	(void)c;
	return s->state == RUN_DRAINING || s->state == RUN_CANCELLING;
}

static bool is_paused(const struct coach *c, const struct snapshot *s)
{
	(void)c;
	return s->state == RUN_PAUSED;
}

/* The breaker is open, and single probes ask: the hold says so, or items were set aside. */
static bool is_down(const struct coach *c, const struct snapshot *s)
{
	(void)c;
	return !s->standstill && (s->items.held || strstr(s->hold_source, "server down"));
}

/* The server said when to come back. */
static bool is_held(const struct coach *c, const struct snapshot *s)
{
	(void)c;
	return s->state == RUN_HELD;
}

static bool is_well_again(const struct coach *c, const struct snapshot *s)
{
	return c->was_down && s->state == RUN_RUNNING && !s->items.held && s->answers_now > 0;
}

static bool is_slower(const struct coach *c, const struct snapshot *s)
{
	return s->state == RUN_RUNNING && s->rate_limited_per_min > REFUSALS_MANY &&
	       s->answers_now < SLOWER * c->best;
}

static bool any_failed(const struct coach *c, const struct snapshot *s)
{
	(void)c;
	return s->items.failed;
}

static bool any_refused(const struct coach *c, const struct snapshot *s)
{
	(void)c;
	return s->outcomes[OUTCOME_RATE_LIMITED];
}

static bool any_error(const struct coach *c, const struct snapshot *s)
{
	(void)c;
	return s->outcomes[OUTCOME_SERVER_ERROR];
}

static bool any_stream(const struct coach *c, const struct snapshot *s)
{
	(void)c;
	return s->streams.any;
}

static bool always(const struct coach *c, const struct snapshot *s)
{
	(void)c, (void)s;
	return true;
}

/* A state lasts: its line comes whenever it holds. A moment is told once. A hint is told once, when
 * nothing else was for a while. */
enum kind { STATE, MOMENT, HINT };

/* The first that applies is shown. */
static const struct {
	enum kind kind;
	bool (*applies)(const struct coach *c, const struct snapshot *s);
	const char *text;
} lines[] = {
	{STATE, is_done_with_failures,
		"Done, but some failed for good: 3 says why, R asks them again, q leaves."},
	{STATE, is_done, "Done. q leaves; `sluice run FILE --url URL` does this with your own."},
	{STATE, is_ending, "Requests in flight finish. The same command resumes from here."},
	{STATE, is_paused, "Paused: nothing new is sent, nothing is lost. p continues."},
	{STATE, is_down,
		"The server is down: items wait, no attempt is spent, probes ask. H: at once."},
	{MOMENT, is_well_again,
		"A probe passed: the run continues. 4 shows the log, Enter opens an item."},
	{MOMENT, is_held,
		"HELD: the server said when to come back. The run continues then; H skips it."},
	{MOMENT, is_slower,
		"The server accepts less now: see `bound by`; the pace adapts. 5: charts."},
	{MOMENT, any_failed,
		"An item failed for good. 3 shows the errors in full, and what to do about each."},
	{MOMENT, any_refused,
		"429: the server refuses some. sluice waits, slows down and loses none."},
	{MOMENT, any_error,
		"5xx: it is sent again after a pause. The panel `failed attempts` counts."},
	{MOMENT, any_stream,
		"Answers are streamed: j selects a row, Enter reads it while it is written."},
	{HINT, always,
		"Nothing was configured: sluice finds the server's limit. ? lists all keys."},
	{HINT, always, "2 lists all items; / filters them, such as state:failed or model:m-large."},
	{HINT, always, "6 shows requests, p99 and dollars by model; 5 the spread of latencies."},
	{HINT, always,
		"Your hand wins: [ lowers the limit, - the requests in flight, a undoes both."},
	{HINT, always, "p pauses, p continues. Try it: nothing is lost, not even by kill -9."},
	{HINT, always, "t changes the colours, : takes any command, Tab completes it."},
};

enum { LINES = sizeof(lines) / sizeof(lines[0]) };

_Static_assert(LINES <= 32, "a bit for each");

static bool may_show(const struct coach *c, const struct snapshot *s, int i)
{
	int64_t shown_us = s->now_us - c->since_us;

	if (lines[i].kind != STATE && c->told & 1u << i)
		return false;
	if (c->text && lines[i].kind == MOMENT && lines[c->shown].kind != STATE &&
		shown_us < READ_US)
		return false;
	if (c->text && lines[i].kind == HINT && shown_us < CALM_US)
		return false;
	return lines[i].applies(c, s);
}

/* A line of a state goes with it. */
static void drop_past(struct coach *c, const struct snapshot *s)
{
	if (c->text && lines[c->shown].kind == STATE && !lines[c->shown].applies(c, s)) {
		c->text = NULL;
		c->since_us = s->now_us;
	}
}

/* The hints come again when all were told. */
static void forget_hints(struct coach *c)
{
	uint32_t hints = 0;

	for (int i = 0; i < LINES; i++)
		if (lines[i].kind == HINT)
			hints |= 1u << i;
	if ((c->told & hints) == hints)
		c->told &= ~hints;
}

void coach_update(struct coach *c, const struct snapshot *s)
{
	c->was_down = c->was_down || is_down(c, s);
	if (s->answers_now > c->best)
		c->best = s->answers_now;
	drop_past(c, s);
	forget_hints(c);
	for (int i = 0; i < LINES; i++) {
		if (!may_show(c, s, i))
			continue;
		if (c->text && c->shown == i)
			return;
		c->told |= 1u << i;
		c->shown = i;
		c->text = lines[i].text;
		c->since_us = s->now_us;
		return;
	}
}
