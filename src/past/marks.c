#include "past/marks.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"

void marks_free(struct marks *m)
{
	free(m->at);
	memset(m, 0, sizeof(*m));
}

static void add(struct marks *m, enum replay_mark kind, int64_t at_ms)
{
	m->any[kind] = true;
	m->last_ms[kind] = at_ms;
	if (m->n == MARKS_MOST)
		return;
	if (m->n == m->cap) {
		m->cap = m->cap ? 2 * m->cap : 64;
		m->at = xrealloc(m->at, m->cap, sizeof(*m->at));
	}
	m->at[m->n].at_ms = (uint32_t)at_ms;
	m->at[m->n++].kind = (uint8_t)kind;
}

/* One mark for all of a burst, where it begins. */
static void add_burst(struct marks *m, enum replay_mark kind, int64_t at_ms)
{
	if (!m->any[kind] || at_ms - m->last_ms[kind] > MARKS_APART_MS)
		add(m, kind, at_ms);
	m->last_ms[kind] = at_ms;
}

/* One in a second: an act of the operator is a command and the change that it makes. */
static void add_single(struct marks *m, enum replay_mark kind, int64_t at_ms)
{
	if (!m->any[kind] || at_ms - m->last_ms[kind] >= 1000)
		add(m, kind, at_ms);
}

static void take_change(struct marks *m, const struct ledger_line *line, int64_t at_ms)
{
	enum { WHAT, BY, NEW, WANTED };
	struct json_want want[WANTED] = {{.name = "what"}, {.name = "by"}, {.name = "new"}};
	double now = 0;

	json_pick(line->text, line->len, want, WANTED, NULL);
	json_span_double(want[NEW].value, &now);
	if (json_span_equals(want[BY].value, "operator"))
		add_single(m, REPLAY_OPERATOR, at_ms);
	else if (json_span_equals(want[WHAT].value, "hold") ||
		 (json_span_equals(want[WHAT].value, "breaker") && now <= 0))
		add_single(m, REPLAY_HOLD, at_ms);
	else if (!json_span_equals(want[WHAT].value, "breaker") &&
		 !json_span_equals(want[WHAT].value, "refusals"))
		add_burst(m, REPLAY_LIMIT, at_ms);
}

static bool is_refused(const struct ledger_line *line)
{
	struct json_want outcome = {.name = "outcome"};

	json_pick(line->text, line->len, &outcome, 1, NULL);
	return json_span_equals(outcome.value, "rate_limited");
}

void marks_take(struct marks *m, const struct journal_record *record,
	const struct ledger_line *line, int64_t at_ms, bool first_error)
{
	switch (record->kind) {
	case JOURNAL_ATTEMPT:
		if (is_refused(line))
			add_burst(m, REPLAY_REFUSED, at_ms);
		else if (first_error)
			add(m, REPLAY_ERROR, at_ms);
		break;
	case JOURNAL_CHANGE:
		take_change(m, line, at_ms);
		break;
	case JOURNAL_COMMAND:
		add_single(m, REPLAY_OPERATOR, at_ms);
		break;
	default:
		break;
	}
}

void marks_settle(struct marks *m, int64_t at_ms)
{
	for (size_t i = m->n; i > m->settled && m->at[i - 1].at_ms > at_ms; i--)
		m->at[i - 1].at_ms = (uint32_t)at_ms;
	for (int k = 0; k < REPLAY_MARKS; k++)
		if (m->last_ms[k] > at_ms)
			m->last_ms[k] = at_ms;
	m->settled = m->n;
}

/* The first mark at or behind the point. */
static size_t find(const struct marks *m, int64_t at_ms)
{
	size_t low = 0, high = m->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (m->at[mid].at_ms < at_ms)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool marks_next(const struct marks *m, int64_t at_ms, bool forward, int64_t *out_ms)
{
	size_t i = find(m, forward ? at_ms + 1 : at_ms);

	if (forward ? i == m->n : !i)
		return false;
	*out_ms = m->at[forward ? i : i - 1].at_ms;
	return true;
}

unsigned marks_at(const struct marks *m, int64_t at_ms)
{
	unsigned kinds = 0;

	for (size_t i = find(m, at_ms); i < m->n && m->at[i].at_ms == at_ms; i++)
		kinds |= 1U << m->at[i].kind;
	return kinds;
}

void marks_spread(const struct marks *m, int64_t length_ms, uint8_t *out, size_t n)
{
	memset(out, 0, n);
	for (size_t i = 0; i < m->n; i++) {
		size_t part =
			length_ms > 0
				? (size_t)((double)m->at[i].at_ms / (double)length_ms * (double)n)
				: 0;

		out[part < n ? part : n - 1] |= (uint8_t)(1U << m->at[i].kind);
	}
}
