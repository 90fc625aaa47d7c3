#include "core/chart_records.h"

#include <string.h>

#include "base/json.h"

enum { WORD_SIZE = 64, REASON_SIZE = 200 };

enum mark mark_of_change(const struct limit_change *c)
{
	if (!strcmp(c->what, "refusals"))
		return MARK_NONE;
	if (!strcmp(c->what, "breaker"))
		return c->now > 0 ? MARK_NONE : MARK_HELD;
	if (c->by_hand)
		return MARK_OPERATOR;
	if (!strcmp(c->what, "server limit"))
		return MARK_SERVER;
	if (!strcmp(c->what, "hold"))
		return MARK_HELD;
	if (c->refused)
		return MARK_REFUSED;
	return c->now > c->before ? MARK_GREW : MARK_LATENCY;
}

/* ---- ticks ---- */

static int64_t grown(int64_t now, int64_t before)
{
	return tick_u32(now - before);
}

static struct chart_slot second_of(const struct chart_reader *r, const struct tick_figures *before,
	const struct tick_record *tick)
{
	const struct tick_figures *now = &r->now;
	struct chart_slot slot = {.seconds = 1,
		.answered = (uint32_t)grown(tick_answered(now), tick_answered(before)),
		.ok = (uint32_t)grown(now->ok, before->ok),
		.rate_limited = (uint32_t)grown(now->not_ok[0], before->not_ok[0]),
		.concurrency = tick_concurrency(&r->lanes),
		.in_flight = tick_u32(now->requests),
		.tokens = (uint64_t)grown(
			now->tokens[0] + now->tokens[1], before->tokens[0] + before->tokens[1]),
		.marks = r->marks};

	for (int i = 0; i < LATENCY_BINS; i++)
		slot.latency[i] = (uint32_t)grown(now->latency[i], before->latency[i]);
	/* between whole ticks only what changed is there */
	if (now->p50_ms >= 0 && ((tick->has_p50 && !tick->whole) || now->ok > before->ok)) {
		slot.medians = 1;
		slot.medians_ms = (float)now->p50_ms;
	}
	return slot;
}

static void take_tick(struct chart_reader *r, struct chart *c, const struct ledger_line *line)
{
	const uint32_t in_flight = tick_u32(r->now.requests),
		       concurrency = tick_concurrency(&r->lanes);
	const struct tick_figures before = r->now;
	struct chart_slot slot;
	struct tick_record tick;
	int64_t second;

	if (!tick_read(line, r->ms, &r->now, &r->lanes, &tick))
		return;
	r->ms = tick.ms;
	/* the tick of a second is written at its end; the last one of a session within it */
	second = tick.ms / 1000 - 1;
	if (second > r->seconds) {
		chart_pass(c, in_flight, concurrency, second - r->seconds);
		r->seconds = second;
	}
	slot = second_of(r, &before, &tick);
	if (second < r->seconds && !slot.answered)
		return;
	chart_add(c, &slot);
	r->seconds++;
	r->marks = 0;
}

/* ---- changes ---- */

enum mark mark_shown(enum mark seen, enum mark next)
{
	return next != MARK_NONE && (seen == MARK_NONE || seen == MARK_GREW || next >= MARK_SERVER)
		       ? next
		       : seen;
}

enum mark mark_of_record(const struct ledger_line *line)
{
	enum { WHAT, OLD, NEW, BY, REASON, WANTED };
	struct json_want want[WANTED] = {{.name = "what"}, {.name = "old"}, {.name = "new"},
		{.name = "by"}, {.name = "reason"}};
	char what[WORD_SIZE], reason[REASON_SIZE];
	struct limit_change change = {.what = what};

	if (json_pick(line->text, line->len, want, WANTED, NULL) != JSON_VALUE_OBJECT ||
		!json_span_is(want[WHAT].value, JSON_VALUE_STRING))
		return MARK_NONE;
	json_string_text(want[WHAT].value, what, sizeof(what));
	json_string_text(want[REASON].value, reason, sizeof(reason));
	json_span_double(want[OLD].value, &change.before);
	json_span_double(want[NEW].value, &change.now);
	change.by_hand = json_span_equals(want[BY].value, "operator");
	change.refused = strstr(reason, "refused");
	return mark_of_change(&change);
}

static void take_change(struct chart_reader *r, const struct ledger_line *line)
{
	enum mark mark = mark_of_record(line);

	if (mark != MARK_NONE)
		r->marks |= 1u << mark;
}

static void take_start(struct chart_reader *r, const struct chart *c)
{
	*r = (struct chart_reader){
		.now = {.p50_ms = -1}, .marks = c->seconds ? 1u << MARK_SESSION : 0};
}

void chart_reader_take(struct chart_reader *r, struct chart *c, const struct journal_record *record,
	const struct ledger_line *line)
{
	if (record->kind == JOURNAL_TICK)
		take_tick(r, c, line);
	else if (record->kind == JOURNAL_CHANGE)
		take_change(r, line);
	else if (record->kind == JOURNAL_START)
		take_start(r, c);
}
