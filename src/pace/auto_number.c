/* The number that is found is no ceiling for ever: a larger one is tried from time to time. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pace/lane_impl.h"

#define HALF_US (US_PER_S / 2)
#define SPAN_S  60 /* refusals are compared over this and three latencies */
/* A larger number is tried after TRY_S and two latencies; twice as long after each try in vain, at
 * most TRY_MOST_S, and after TRY_SENDS sends. */
#define TRY_S      8
#define TRY_MOST_S 60
#define TRY_SENDS  40
/* After an acquittal no number is searched for a time: WRONG_S when two were wrong, then four times
 * as long each, at most ACQUITTAL_MOST. All in s. */
#define WRONG_S        600
#define ACQUITTAL_MOST 3600
#define LOG_STEPS      1024 /* of a rate's logarithm, packed in 16 bits */

void auto_number_forget(struct auto_number *n)
{
	n->limit = n->best = n->down = 0;
	n->fresh = false;
	n->fresh_per_s = n->fresh_accepted = 0;
	n->fresh_us = n->low_us = n->try_us = 0;
	n->wrong = n->downs = n->low = n->low_accepted = 0;
	n->low_in_flight = n->try_wait_s = 0;
	n->low_seq = n->try_seq = 0;
	n->step = 1;
}

/* ---- memory of refused and accepted requests ---- */

static uint16_t pack_rate(double rate)
{
	double steps = log2(fmax(rate, AUTO_RATE_LEAST) / AUTO_RATE_LEAST) * LOG_STEPS;

	return (uint16_t)fmin(UINT16_MAX, 1 + ceil(steps));
}

static double unpack_rate(uint16_t packed)
{
	return AUTO_RATE_LEAST * exp2((double)(packed - 1) / LOG_STEPS);
}

/* The others in flight when it was sent. */
static int others_of(const struct lane_ticket *t)
{
	return (int)t->in_flight - 1;
}

bool auto_number_accepted(struct lane *l, const struct lane_ticket *t)
{
	struct auto_number *n = &l->adapt.number;
	int64_t half = t->sent_us / HALF_US;
	struct auto_half *slot = &n->half[half % AUTO_HALVES];
	uint16_t turn = (uint16_t)(half / AUTO_HALVES + 1), others = (uint16_t)others_of(t);
	uint16_t rate = pack_rate(t->rate);

	for (int i = 0; i < AUTO_IN_AIR; i++)
		if (n->air_sent_us[i] < t->sent_us &&
			t->sent_us < n->air_sent_us[i] + n->air_trip_us[i])
			return false;
	if (slot->turn != turn)
		*slot = (struct auto_half){.turn = turn};
	if (others > slot->in_flight)
		slot->in_flight = others;
	if (rate > slot->rate)
		slot->rate = rate;
	return true;
}

static void remember(struct lane *l, int64_t now_us, const struct lane_ticket *t)
{
	struct auto_number *n = &l->adapt.number;
	unsigned newest = (n->first_moment + n->moments - 1) % AUTO_MOMENTS;

	if (n->moments && t->sent_us - n->moment[newest].at_us < HALF_US) {
		n->moment[newest].in_flight = fmin(n->moment[newest].in_flight, others_of(t));
		n->moment[newest].rate = fmin(n->moment[newest].rate, t->rate);
	} else {
		unsigned next = (n->first_moment + n->moments) % AUTO_MOMENTS;

		if (n->moments < AUTO_MOMENTS)
			n->moments++;
		else
			n->first_moment = (n->first_moment + 1) % AUTO_MOMENTS;
		n->moment[next].at_us = t->sent_us;
		n->moment[next].in_flight = others_of(t);
		n->moment[next].rate = t->rate;
	}
	n->air_sent_us[n->next_air] = t->sent_us;
	n->air_trip_us[n->next_air] = (uint32_t)(now_us - t->sent_us);
	n->next_air = (n->next_air + 1) % AUTO_IN_AIR;
}

/* ---- finding a number ---- */

/* The moments of refusals that are compared, oldest first. */
struct suspects {
	int n;
	int64_t first_us, last_us;
	double in_flight[AUTO_MOMENTS], rate;
};

static struct suspects suspects_of(const struct auto_number *n, int64_t from_us, int64_t until_us)
{
	struct suspects s = {.rate = INFINITY};

	for (unsigned i = 0; i < n->moments; i++) {
		unsigned k = (n->first_moment + i) % AUTO_MOMENTS;

		if (n->moment[k].at_us <= from_us || n->moment[k].at_us >= until_us)
			continue;
		if (!s.n)
			s.first_us = n->moment[k].at_us;
		s.last_us = n->moment[k].at_us;
		s.rate = fmin(s.rate, n->moment[k].rate);
		s.in_flight[s.n++] = n->moment[k].in_flight;
	}
	return s;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The least number near the median. */
static double number_of(struct suspects *s)
{
	double median;

	qsort(s->in_flight, (size_t)s->n, sizeof(s->in_flight[0]), compare_doubles);
	median = s->in_flight[s->n / 2];
	for (int i = 0; i < s->n; i++)
		if (s->in_flight[i] >= 0.8 * median)
			return s->in_flight[i];
	return median;
}

/* True when more than one in four refusals had fewer in flight: a limit would not refuse them. */
static bool is_contradicted(const struct suspects *s, double limit)
{
	int below = 0;

	for (int i = 0; i < s->n; i++)
		below += s->in_flight[i] < limit;
	return below * 4 > s->n;
}

/* Half seconds with accepted requests: how many, how many at the rate in question, and how many
 * speak against the number because they had as many in flight. */
struct witnesses {
	int n, at_rate, against;
};

static struct witnesses witnesses_of(
	const struct auto_number *n, int64_t now_us, int64_t since_us, double rate, double limit)
{
	struct witnesses w = {0};

	for (int i = 0; i < AUTO_HALVES; i++) {
		const struct auto_half *slot = &n->half[i];
		int64_t turn = now_us / HALF_US / AUTO_HALVES + 1, at_us;
		bool at_rate;

		if (!slot->turn)
			continue;
		turn -= (uint16_t)(turn - slot->turn);
		at_us = ((turn - 1) * AUTO_HALVES + i) * HALF_US + HALF_US - 1;
		if (at_us <= since_us)
			continue;
		at_rate = unpack_rate(slot->rate) >= rate;
		w.n++;
		w.at_rate += at_rate;
		w.against += slot->in_flight >= limit && (limit <= 8 || at_rate);
	}
	return w;
}

static void found(struct lane *l, int64_t now_us, double limit, int moments)
{
	struct auto_pace *a = &l->adapt;
	struct auto_number *n = &a->number;
	double best = n->best, before = a->window.window;

	auto_number_forget(n);
	a->window.mode = WINDOW_LIMIT;
	a->window.window = n->limit = limit;
	a->window.cut_us = n->fresh_us = now_us;
	a->trial.cut_seq = l->seq;
	n->fresh = true;
	n->best = fmax(limit, best);
	n->fresh_per_s = a->rate.per_s10;
	n->fresh_accepted = auto_accepted(a);
	n->try_wait_s = TRY_S + 2 * a->window.latency_s;
	n->try_us = now_us + us_from_s(n->try_wait_s);
	n->moments = n->first_moment = 0;
	memset(n->half, 0, sizeof(n->half));
	/* undo the cut of the rate */
	if (a->rate.state != RATE_HELD)
		auto_ramp(l, now_us,
			fmax(fmax(a->rate.rate, a->trial.before_rate),
				2 * limit / (a->window.latency_s > 0 ? a->window.latency_s : 1)));
	lane_decide(l, now_us, NUMBER_FOUND, before, limit, limit, moments);
}

/* A slow bucket resembles a small number, which therefore needs more witnesses. */
static double witnesses_needed(double limit)
{
	return limit > 1 && limit <= 8 ? 4 + limit : 4;
}

/* True, with the number set, when the refused requests of at least three moments had N or more in
 * flight and nearly all accepted ones at the same rates had fewer. */
static bool separates(struct lane *l, int64_t now_us, double latency_s)
{
	const struct auto_number *n = &l->adapt.number;
	int64_t from_us = now_us - us_from_s(SPAN_S + 3 * latency_s), since_us;
	struct suspects s = suspects_of(n, from_us, NEVER_US);
	struct witnesses w;
	double limit, rate;

	if (s.n < 3)
		return false;
	limit = number_of(&s);
	since_us = s.first_us - us_from_s(latency_s);
	rate = 0.98 * s.rate;
	w = witnesses_of(n, now_us, since_us, rate, limit);
	if (w.at_rate < 0.3 * w.n)
		return false;
	if (limit > 8) {
		/* the rate changes the number in flight too: only compare settled moments */
		s = suspects_of(n, from_us, now_us - us_from_s(1.5 * latency_s));
		if (s.n < 3 || s_from_us(now_us - l->adapt.rate.born_us) < 3 * latency_s)
			return false;
		limit = number_of(&s);
		w = witnesses_of(n, now_us, since_us, rate, limit);
		if (limit > 8)
			w.n = w.at_rate;
	}
	if (limit < 1 || is_contradicted(&s, limit) || w.n < witnesses_needed(limit) ||
		w.against > 0.1 * w.n || s_from_us(s.last_us - s.first_us) < 0.5 * latency_s)
		return false;
	found(l, now_us, limit, s.n);
	return true;
}

static void acquit(struct lane *l, int64_t now_us, double clear_s)
{
	struct auto_number *n = &l->adapt.number;
	struct auto_window *w = &l->adapt.window;
	double before = w->window;

	w->mode = WINDOW_GROW;
	auto_number_forget(n);
	w->window = fmax(w->window, fmin(AUTO_WINDOW_START, auto_window_most(l)));
	w->rounds = 0;
	if (clear_s > 0)
		n->clear_s = clear_s;
	n->clear_us = now_us + us_from_s(n->clear_s);
	n->clear_s = fmin(ACQUITTAL_MOST, 4 * n->clear_s);
	lane_decide(l, now_us, NUMBER_ACQUITTED, before, w->window, 0, 0);
}

/* ---- while a number is known ---- */

/* A try of a larger number was refused: tries again later. */
static void refused_above(struct lane *l, int64_t now_us, const struct lane_ticket *t)
{
	struct auto_number *n = &l->adapt.number;
	struct auto_window *w = &l->adapt.window;
	double most;

	if (t->seq <= l->adapt.trial.cut_seq && w->window <= n->limit)
		return;
	n->limit = w->window = fmax(1, fmin(others_of(t), n->limit));
	l->adapt.trial.cut_seq = l->seq;
	n->low = 0;
	n->step = 1;
	most = n->limit > 0.9 * n->best ? TRY_MOST_S : TRY_S + 2 * w->latency_s;
	n->try_wait_s = fmin(most, 2 * n->try_wait_s);
	n->try_us = now_us + us_from_s(n->try_wait_s);
}

/* Requests were refused side by side below the number: lowers it. */
static bool lower(struct lane *l, int64_t now_us)
{
	struct auto_number *n = &l->adapt.number;
	struct auto_window *w = &l->adapt.window;
	double before = n->limit;
	int side_by_side = n->low;

	n->wrong = n->down > 0 && n->limit >= 1.25 * n->down ? n->wrong + 1 : 0;
	if (n->downs >= 4 || n->wrong >= 2) {
		acquit(l, now_us, n->wrong >= 2 ? WRONG_S : 0);
		return false;
	}
	n->downs++;
	n->fresh = false;
	n->low = 0;
	n->limit = n->down = w->window = fmax(1, fmin(floor(0.7 * n->limit), n->limit - 1));
	w->cut_us = now_us;
	l->adapt.trial.cut_seq = l->seq;
	n->step = 1;
	n->try_wait_s = 2 + 2 * w->latency_s;
	n->try_us = now_us + us_from_s(n->try_wait_s);
	lane_decide(l, now_us, NUMBER_LOWER, before, n->limit, side_by_side, 0);
	return true;
}

static bool refused_below(struct lane *l, int64_t now_us, const struct lane_ticket *t)
{
	struct auto_number *n = &l->adapt.number;
	bool rate_is_free = l->adapt.rate.bound < 0.5; /* the rate does not bind */

	if (n->low == 0 || (t->seq > n->low_seq && t->seq - n->low_seq > 12)) {
		n->low = 1;
		n->low_seq = t->seq;
		n->low_in_flight = others_of(t);
		n->low_us = t->sent_us;
		n->low_accepted = 0;
		return rate_is_free;
	}
	n->low++;
	n->low_in_flight = fmin(n->low_in_flight, others_of(t));
	if (n->low < 3)
		return rate_is_free;
	if (n->low_accepted >= 3) { /* others passed with as many in flight */
		n->low = 0;
		return false;
	}
	return lower(l, now_us);
}

bool auto_number_refused(struct lane *l, int64_t now_us, const struct lane_ticket *t)
{
	const struct auto_window *w = &l->adapt.window;
	struct auto_number *n = &l->adapt.number;

	remember(l, now_us, t);
	if (w->mode != WINDOW_LIMIT)
		return now_us >= n->clear_us && n->moments >= 3 &&
		       separates(l, now_us, w->latency_s > 0 ? w->latency_s : 1);
	if (others_of(t) >= n->limit) {
		refused_above(l, now_us, t);
		return true;
	}
	return t->sent_us < w->cut_us || refused_below(l, now_us, t);
}

void auto_number_success(struct lane *l, int64_t now_us, const struct lane_ticket *t, bool clean)
{
	struct auto_number *n = &l->adapt.number;
	struct auto_window *w = &l->adapt.window;
	double before = n->limit;

	if (!clean)
		return;
	if (n->low && t->sent_us > n->low_us && others_of(t) > n->low_in_flight)
		n->low_accepted++;
	if (others_of(t) < n->limit || t->sent_us <= w->cut_us)
		return;
	/* more than the number was accepted: the next step is twice as large */
	n->limit = fmin(others_of(t) + 1.0, auto_window_most(l));
	n->best = fmax(n->limit, n->best);
	w->window = fmax(w->window, n->limit);
	n->step = fmin(2 * n->step, n->limit);
	n->try_wait_s = TRY_S + 2 * w->latency_s;
	if (n->try_us > now_us + HALF_US)
		n->try_us = now_us + HALF_US;
	n->low = n->downs = 0;
	lane_decide(l, now_us, NUMBER_HIGHER, before, n->limit, 0, 0);
}

void auto_number_tick(struct lane *l, int64_t now_us)
{
	struct auto_number *n = &l->adapt.number;
	struct auto_window *w = &l->adapt.window;
	double since_s = s_from_us(now_us - n->fresh_us);

	if (n->fresh && n->fresh_per_s > 3 && since_s > 20 + 3 * w->latency_s &&
		(auto_accepted(&l->adapt) - n->fresh_accepted) / since_s < 0.75 * n->fresh_per_s) {
		acquit(l, now_us, 0); /* a real limit would not cost throughput */
	} else if (l->in_flight >= (int)w->window - 1 && now_us > n->try_us &&
		   (n->limit < 0.9 * n->best || n->step > 1 || l->seq > n->try_seq)) {
		w->window = fmin(auto_window_most(l), n->limit + n->step);
		n->try_us = now_us + us_from_s(n->try_wait_s);
		n->try_seq = l->seq + TRY_SENDS;
	}
}
