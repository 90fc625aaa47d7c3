#include "past/axis.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

enum { ANCHORS_MOST = 4096 };

void axis_free(struct axis *t)
{
	free(t->session);
	free(t->anchor);
	memset(t, 0, sizeof(*t));
}

static int64_t within(int64_t n, int64_t low, int64_t high)
{
	return n < low ? low : n > high ? high : n;
}

/* ---- the wall clock ---- */

static void add_anchor(struct axis *t, int64_t at_ms, int64_t wall_us)
{
	if (t->anchors == ANCHORS_MOST)
		return;
	if (t->anchors == t->anchors_cap) {
		t->anchors_cap = t->anchors_cap ? 2 * t->anchors_cap : 8;
		t->anchor = xrealloc(t->anchor, t->anchors_cap, sizeof(*t->anchor));
	}
	t->anchor[t->anchors++] = (struct axis_anchor){at_ms, wall_us};
}

/* A step of the wall clock, or a sleep, begins a new piece. */
static void check_anchor(struct axis *t, int64_t at_ms, int64_t wall_us)
{
	int64_t off = wall_us - axis_wall_us(t, at_ms);

	if (off > US_PER_S || off < -US_PER_S)
		add_anchor(t, at_ms, wall_us);
}

static void note_wall(struct axis *t, int64_t wall_us)
{
	if (!wall_us)
		return;
	if (t->wall_us - wall_us >= US_PER_S) {
		t->back++;
		if (t->wall_us - wall_us > t->back_us)
			t->back_us = t->wall_us - wall_us;
	}
	t->wall_us = wall_us;
}

int64_t axis_wall_us(const struct axis *t, int64_t at_ms)
{
	size_t low = 0, high = t->anchors;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (t->anchor[mid].at_ms <= at_ms)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return t->anchors ? t->anchor[0].wall_us : 0;
	return t->anchor[low - 1].wall_us + (at_ms - t->anchor[low - 1].at_ms) * US_PER_MS;
}

bool axis_find(const struct axis *t, int64_t wall_us, int64_t *at_ms)
{
	for (size_t i = 0; i < t->anchors; i++) {
		const struct axis_anchor *a = &t->anchor[i];
		int64_t end_ms = i + 1 < t->anchors ? a[1].at_ms : axis_length_ms(t);

		*at_ms = a->at_ms;
		if (wall_us <= a->wall_us)
			return true;
		*at_ms += (wall_us - a->wall_us) / US_PER_MS;
		if (*at_ms <= end_ms)
			return true;
	}
	return false;
}

/* ---- sessions ---- */

static void begin_session(struct axis *t, int64_t wall_us, uint64_t results)
{
	int64_t gap_ms = 0, from_ms;

	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 8;
		t->session = xrealloc(t->session, t->cap, sizeof(*t->session));
	}
	if (t->n && wall_us && t->wall_us)
		gap_ms = within((wall_us - t->wall_us) / US_PER_MS, 0, AXIS_GAP_MS);
	from_ms = within(axis_length_ms(t) + gap_ms, 0, AXIS_MOST_MS);
	/* a sweep of void lines makes the results shorter */
	for (size_t i = t->n; i > 0 && t->session[i - 1].results_from > results; i--)
		t->session[i - 1].results_from = results;
	t->session[t->n++] = (struct axis_session){.from_ms = from_ms, .results_from = results};
	t->at_ms = from_ms;
	t->tick_ms = 0;
	t->tick_wall = wall_us ? wall_us : t->wall_us;
	add_anchor(t, from_ms, t->tick_wall);
}

int64_t axis_take(
	struct axis *t, enum journal_kind kind, int64_t wall_us, int64_t since_ms, uint64_t results)
{
	struct axis_session *s;
	int64_t at_ms;

	if (kind == JOURNAL_START || !t->n) {
		begin_session(t, wall_us, kind == JOURNAL_START ? results : 0);
		note_wall(t, wall_us);
		return t->at_ms;
	}
	s = &t->session[t->n - 1];
	note_wall(t, wall_us);
	if (since_ms >= 0) {
		/* what was guessed since the last one does not count */
		at_ms = s->from_ms + within(since_ms, t->tick_ms, AXIS_MOST_MS);
		at_ms = within(at_ms, s->from_ms, AXIS_MOST_MS);
		t->tick_ms = at_ms - s->from_ms;
		t->tick_wall = wall_us ? wall_us : t->tick_wall;
		s->length_ms = at_ms - s->from_ms;
		if (wall_us)
			check_anchor(t, at_ms, wall_us);
	} else {
		at_ms = s->from_ms + t->tick_ms;
		if (wall_us)
			at_ms += within((wall_us - t->tick_wall) / US_PER_MS, 0, AXIS_MOST_MS);
		at_ms = within(at_ms, t->at_ms, AXIS_MOST_MS);
		if (at_ms - s->from_ms > s->length_ms)
			s->length_ms = at_ms - s->from_ms;
	}
	s->stopped = s->stopped || kind == JOURNAL_STOP;
	t->at_ms = at_ms;
	return at_ms;
}

int64_t axis_place(struct axis *t, size_t session, int64_t since_ms)
{
	struct axis_session *s;
	int64_t room_ms;

	if (!t->n)
		return 0;
	if (session >= t->n)
		session = t->n - 1;
	s = &t->session[session];
	room_ms = s->length_ms;
	if (session + 1 < t->n)
		room_ms = s[1].from_ms - s->from_ms;
	else if (!s->stopped)
		room_ms = t->tick_ms + AXIS_SLACK_MS;
	if (room_ms < s->length_ms)
		room_ms = s->length_ms;
	since_ms = within(since_ms, 0, room_ms);
	if (since_ms > s->length_ms && session + 1 == t->n)
		s->length_ms = within(since_ms, 0, AXIS_MOST_MS - s->from_ms);
	return within(s->from_ms + since_ms, 0, AXIS_MOST_MS);
}

size_t axis_session_of(const struct axis *t, uint64_t offset, int64_t named)
{
	size_t i = t->n;

	if (named > 0 && (uint64_t)named <= t->n)
		return (size_t)named - 1;
	while (i > 1 && t->session[i - 1].results_from > offset)
		i--;
	return i ? i - 1 : 0;
}

size_t axis_session_at(const struct axis *t, int64_t at_ms)
{
	size_t low = 0, high = t->n;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (t->session[mid].from_ms <= at_ms)
			low = mid;
		else
			high = mid;
	}
	return low;
}

bool axis_is_inside(const struct axis *t, int64_t at_ms)
{
	const struct axis_session *s;

	if (!t->n)
		return false;
	s = &t->session[axis_session_at(t, at_ms)];
	return at_ms - s->from_ms < s->length_ms ||
	       (!s->stopped && at_ms - s->from_ms == s->length_ms);
}

int64_t axis_length_ms(const struct axis *t)
{
	const struct axis_session *s = t->n ? &t->session[t->n - 1] : NULL;

	return s ? s->from_ms + s->length_ms : 0;
}
