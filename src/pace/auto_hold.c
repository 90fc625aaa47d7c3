/* What was accepted between two openings shows why everything was refused: a window, a small limit,
 * or somebody else who uses the limit up. */
#include <math.h>

#include "pace/lane_impl.h"

#define WAIT_FIRST_S   0.2
#define WAIT_MOST_S    5.0  /* longest wait between probes without a Retry-After */
#define CLIMB_HOLDS    20.0 /* a climb at the edge of a window takes so many times the hold */
#define ONLY_THE_PROBE 1.5  /* weight */
#define BACK           8.0 /* after a disturbance the rate starts three doublings below the good one */

void auto_close(struct lane *l, int64_t now_us, double wait_s, bool only_errors, int in_row)
{
	struct auto_rate *r = &l->adapt.rate;
	struct auto_hold *h = &l->adapt.hold;
	double used = auto_accepted(&l->adapt) - h->open_accepted;

	r->state = RATE_HELD;
	h->close_us = h->vain_us = now_us;
	h->probe_seq = 0;
	h->vain = h->extra = 0;
	h->reported = wait_s > 0;
	h->only_errors = only_errors;
	h->rate = fmin(r->rate, 1.5 * fmax(r->per_s2, 1));
	h->gap_s = fmax(WAIT_FIRST_S, 2 * r->refusal_s);
	h->until_us = now_us + us_from_s(wait_s > 0 ? fmin(wait_s, AUTO_WAIT_MOST_S) : h->gap_s);
	if (wait_s > 0)
		h->gap_s = fmin(WAIT_MOST_S, wait_s);
	if (h->quota > 0 && used > 0.85 * h->quota && used < 1.15 * h->quota) {
		int64_t end_us = h->open_us + us_from_s(h->quota_s); /* end of the known window */

		h->until_us = end_us > h->until_us ? end_us : h->until_us;
	}
	lane_decide(l, now_us, only_errors ? HOLD_ERRORS : HOLD_CLOSED, -1,
		s_from_us(h->until_us - now_us), in_row, wait_s);
}

int64_t auto_probe_us(const struct lane *l, int64_t now_us)
{
	const struct auto_hold *h = &l->adapt.hold;
	int64_t silent_us = h->probe_us + us_from_s(auto_silence_s(&l->adapt.rate));

	if (!h->probe_seq)
		return h->until_us;
	return silent_us > now_us + 50 * US_PER_MS ? silent_us : now_us + 50 * US_PER_MS;
}

/* Windows have round lengths: when one that began with this cycle may end before the next probe,
 * the probe goes then. */
static int64_t next_probe_us(const struct lane *l, int64_t now_us)
{
	static const double usual_s[] = {1, 2, 5, 10, 15, 20, 30, 60};
	const struct auto_hold *h = &l->adapt.hold;
	int64_t probe_us = now_us + us_from_s(h->gap_s);

	if (auto_accepted(&l->adapt) - h->open_accepted < 10)
		return probe_us;
	for (size_t i = 0; i < sizeof(usual_s) / sizeof(usual_s[0]); i++) {
		int64_t end_us = h->open_us + us_from_s(1.005 * usual_s[i]);

		if (end_us > now_us + us_from_s(0.1 * h->gap_s) && end_us < probe_us)
			return end_us;
	}
	return probe_us;
}

void auto_held_refused(struct lane *l, int64_t now_us, const struct lane_ticket *t, double wait_s)
{
	struct auto_hold *h = &l->adapt.hold;
	double heeded_s = fmin(wait_s, AUTO_WAIT_MOST_S);

	if (t->seq == h->probe_seq && h->extra == 1) { /* the extra probe was in vain */
		h->extra = 2;
		h->probe_seq = 0;
		h->until_us = h->extra_back_us;
	} else if (t->seq == h->probe_seq) {
		h->vain++;
		h->probe_seq = 0;
		h->vain_us = t->sent_us;
		h->gap_s = fmin(WAIT_MOST_S, 2 * h->gap_s);
		h->until_us = now_us + us_from_s(heeded_s);
		if (h->until_us < now_us + us_from_s(h->gap_s))
			h->until_us = next_probe_us(l, now_us);
		lane_decide(
			l, now_us, HOLD_VAIN, -1, s_from_us(h->until_us - now_us), h->vain, wait_s);
	} else if (wait_s > 0 && h->vain == 0 && now_us + us_from_s(heeded_s) > h->until_us) {
		h->until_us = now_us + us_from_s(heeded_s);
	}
}

/* The cycle from the last opening to this one. */
struct cycle {
	double accepted, least_s, most_s; /* its length is between these two */
	double mean_s, per_s, per_s_most;
	bool same;     /* like the cycle before */
	double before; /* accepted in the cycle before; negative: there was none */
	int few;       /* fewer accepted say little */
};

static struct cycle cycle_of(struct lane *l)
{
	struct auto_hold *h = &l->adapt.hold;
	struct cycle c = {.accepted = auto_accepted(&l->adapt) - h->open_accepted,
		.least_s = fmax(0.1, s_from_us(h->vain_us - h->open_us)),
		.most_s = fmax(0.1, s_from_us(h->probe_us - h->open_us)),
		.before = h->cycle_known ? h->accepted : -1};

	if (h->reported && !h->vain &&
		!h->reported_too_short) /* a correct Retry-After, in whole seconds */
		c.least_s = fmax(c.least_s, c.most_s - 1);
	if (h->reported && h->vain)
		h->reported_too_short = true;
	c.mean_s = sqrt(c.most_s * c.least_s);
	c.per_s = c.accepted / c.mean_s;
	c.per_s_most = fmin(c.accepted / c.least_s, 1.5 * c.per_s);
	c.same = c.before >= 0 &&
		 fabs(c.accepted - c.before) <= 0.12 * fmax(c.accepted, c.before) + 0.5 &&
		 (h->cycle_s <= 0 || c.mean_s < 1.4 * h->cycle_s);
	return c;
}

/* A short relapse belongs to the cycle it interrupted; a second one begins a cycle. */
static void begin_cycle(struct lane *l, int64_t now_us, struct cycle *c)
{
	struct auto_hold *h = &l->adapt.hold;

	h->merged =
		!h->merged && c->before >= 0 && c->accepted < 0.2 * c->before && c->mean_s <= 20;
	if (!h->merged) {
		h->open_us = now_us;
		h->open_accepted = auto_accepted(&l->adapt);
		h->cycle_s = c->before >= 0 ? c->mean_s : 0;
		h->accepted = c->accepted;
		h->cycle_known = true;
	}
	h->similar = c->same ? h->similar + 1 : 0;
	c->few = h->similar < 2 ? 10 : 4;
}

/* Resumes between these two rates, which the limit lies between: climbs from the lower to the upper
 * within a cycle of this length (0: not known). */
static void resume(struct lane *l, int64_t now_us, double rate, double ceiling, double cycle_s)
{
	struct auto_hold *h = &l->adapt.hold;

	if (cycle_s > 0) {
		double edge_s = ceiling < 1.05 * rate ? CLIMB_HOLDS * h->length_s : 0;

		h->proofs = 0;
		h->climb_s = fmin(30, fmax(cycle_s, edge_s));
	}
	h->mean = rate;
	h->others = false;
	auto_cut(l, now_us, 0.99 * rate, fmax(ceiling, rate));
	l->adapt.rate.state = RATE_CLIMB;
	pacer_skip(&l->pacer, now_us, l->adapt.rate.rate);
}

/* The first probe passed: the rate was too high for a moment. */
static void spike(struct lane *l, int64_t now_us, double rate)
{
	struct auto_pace *a = &l->adapt;
	bool young = a->rate.good <= 0 && now_us - a->rate.born_us < 2 * US_PER_S;

	if (young || (a->rate.good > 0 && rate < 0.7 * a->rate.good)) {
		auto_ramp(l, now_us, rate);
		return;
	}
	a->trial.share = 0.5;
	auto_begin_chain(l, a->hold.rate);
	auto_cut(l, now_us, rate, 0.9 * a->hold.rate);
}

/* Nothing was ever accepted before the probe, which passed when the server said it would: our own
 * sends cannot have used a limit up. */
static void begin_afresh(struct lane *l, int64_t now_us)
{
	struct auto_headers headers = l->adapt.headers;

	auto_init(l, now_us);
	l->adapt.headers = headers;
	pacer_forgive(&l->pacer);
}

/* Somebody else uses the limit, or the server is down: nothing was learned about the limit. */
static void others(struct lane *l, int64_t now_us, const struct cycle *c)
{
	struct auto_hold *h = &l->adapt.hold;
	double good = l->adapt.rate.good;

	h->others = !h->only_errors && (c->accepted < 0.5 * c->before || h->length_s > 10);
	if (good <= 0 && !h->vain && !h->only_errors && auto_accepted(&l->adapt) <= ONLY_THE_PROBE)
		begin_afresh(l, now_us);
	else if (c->accepted < c->few && h->similar >= 6 && h->length_s > 3)
		resume(l, now_us, c->per_s, c->per_s_most, c->mean_s);
	else if (c->accepted < c->few && good <= 0)
		auto_ramp(l, now_us, fmax(2 * c->per_s, AUTO_RATE_START / BACK));
	else if (good <= 0)
		auto_ramp(l, now_us, fmax(AUTO_RATE_START / BACK, c->per_s));
	else
		auto_ramp(l, now_us,
			fmax(good / BACK, c->accepted < c->few ? c->per_s : fmin(c->per_s, good)));
}

static void window(struct lane *l, int64_t now_us, const struct cycle *c, bool full)
{
	struct auto_hold *h = &l->adapt.hold;

	if (c->same &&
		(h->quota <= 0 || c->least_s > h->quota_s || c->accepted > 1.15 * h->quota)) {
		h->quota = c->accepted;
		h->quota_s = c->least_s;
	}
	resume(l, now_us, c->accepted / c->most_s, c->per_s_most, c->mean_s);
	if (full)
		l->adapt.rate.good = c->per_s;
}

/* The limit per second, when few were accepted at a time over several short holds; 0: not known. */
static double small_limit(struct lane *l, int64_t now_us, const struct cycle *c, double *accepted)
{
	struct auto_marks *m = &l->adapt.marks;
	double sum = auto_accepted(&l->adapt);

	if (l->adapt.hold.length_s > 3)
		m->n = m->first = 0;
	auto_marks_add(m, now_us, sum);
	*accepted = sum - m->at[m->first].accepted;
	if (c->accepted >= c->few || *accepted < 5 || m->n < 2)
		return 0;
	return *accepted / fmax(1e-3, s_from_us(now_us - m->at[m->first].at_us));
}

/* A probe passed: decides why everything was refused and resumes. */
static void opened(struct lane *l, int64_t now_us)
{
	struct auto_pace *a = &l->adapt;
	struct auto_rate *r = &a->rate;
	struct auto_hold *h = &a->hold;
	double before = h->mean, accepted, limit, rate;
	struct cycle c;
	bool full, is_window, relapse, small;

	h->length_s = s_from_us(now_us - h->close_us);
	c = cycle_of(l);
	h->probe_seq = 0;
	a->strays = (struct auto_strays){0};
	r->burst = 0;
	a->trial.cut_seq = l->seq;
	begin_cycle(l, now_us, &c);
	full = r->good <= 0 || h->rate >= 0.5 * r->good; /* the good rate was tried */
	limit = small_limit(l, now_us, &c, &accepted);
	/* the rate was nearly right, or the same cycle came twice */
	is_window =
		c.accepted >= c.few && ((c.per_s >= 0.8 * h->rate && !h->only_errors) || c.same);
	relapse = c.accepted < 0.2 * c.before && h->length_s <= 3 && before > 0 &&
		  c.accepted >= 0.2 * before * c.mean_s && h->relapses < 1;
	small = limit > 0 && h->length_s <= 3 && c.accepted >= 0.3 * limit * c.mean_s;
	rate = h->rate;
	if (h->vain >= 2 && c.accepted >= c.few)
		a->number.moments = 0; /* answers freed places in vain: no limit in flight */
	if (!h->vain && h->length_s < fmax(0.6, 4 * r->refusal_s) && !is_window) {
		spike(l, now_us, fmax(c.per_s, 0.5 * h->rate));
		lane_decide(l, now_us, RATE_SPIKE, rate, r->rate, h->length_s, 0);
	} else if (small) {
		resume(l, now_us, limit, limit * (1 + 1.5 / sqrt(accepted)), 0);
		r->good = full ? limit : r->good;
		lane_decide(l, now_us, RATE_SMALL, rate, r->rate, limit, 0);
	} else if (relapse) {
		h->relapses++;
		resume(l, now_us, 0.95 * before, before, 0);
		lane_decide(l, now_us, RATE_RELAPSE, rate, r->rate, c.accepted, 0);
	} else if (is_window) {
		window(l, now_us, &c, full);
		lane_decide(l, now_us, RATE_WINDOW, rate, r->rate, c.accepted, c.mean_s);
	} else {
		others(l, now_us, &c);
		lane_decide(l, now_us, RATE_OTHERS, rate, r->rate, c.accepted, c.mean_s);
	}
}

void auto_held_answered(struct lane *l, int64_t now_us, const struct lane_ticket *t)
{
	struct auto_hold *h = &l->adapt.hold;

	if (t->seq == h->probe_seq) {
		opened(l, now_us);
	} else if (!h->probe_seq && !h->extra && t->sent_us < h->close_us) {
		h->extra = 1; /* the answer freed a place: try once */
		h->extra_back_us = h->until_us;
		h->until_us = now_us;
	}
}

void auto_held_tick(struct lane *l, int64_t now_us)
{
	const struct auto_hold *h = &l->adapt.hold;

	if (h->probe_seq && s_from_us(now_us - h->probe_us) > auto_silence_s(&l->adapt.rate))
		opened(l, now_us);
}

void auto_hold_skipped(struct lane *l, int64_t now_us)
{
	auto_headers_skip(l, now_us);
	l->adapt.hold.until_us = now_us;
}
