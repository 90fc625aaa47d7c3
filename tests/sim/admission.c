#include "sim/admission.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "sim/disturbance.h"

/* The share that a hog leaves of a bucket's refill and, at times, of a sliding window. */
#define HOG_LEAVES 0.02
/* A bucket of about a minute or more shrinks with its limit. */
#define LARGE_BURST_S 59

static double seconds(int64_t us)
{
	return (double)us / US_PER_S;
}

/* --- times --- */

static void times_add(struct times *t, int64_t at_us)
{
	if (t->n == t->size) {
		size_t size = t->size ? 2 * t->size : 256;
		int64_t *ring = xcalloc(size, sizeof(*ring));

		for (size_t i = 0; i < t->n; i++)
			ring[i] = t->at_us[(t->first + i) % t->size];
		free(t->at_us);
		*t = (struct times){ring, 0, t->n, size};
	}
	t->at_us[(t->first + t->n++) % t->size] = at_us;
}

static int64_t times_at(const struct times *t, size_t i)
{
	return t->at_us[(t->first + i) % t->size];
}

static void times_drop_until(struct times *t, int64_t until_us)
{
	while (t->n > 0 && times_at(t, 0) <= until_us) {
		t->first = (t->first + 1) % t->size;
		t->n--;
	}
}

/* --- the limits now --- */

static double scale(const struct admission *a)
{
	return a->factor * a->neighbour;
}

double admission_gap_s(const struct admission *a)
{
	return a->sc->gap_s / scale(a);
}

double admission_rps(const struct admission *a)
{
	return a->sc->rps * scale(a);
}

double admission_burst(const struct admission *a)
{
	bool large = a->sc->burst >= LARGE_BURST_S * a->sc->rps;

	return large ? a->sc->burst * a->factor : a->sc->burst;
}

double admission_tps(const struct admission *a)
{
	return a->sc->tps * scale(a);
}

double admission_window_quota(const struct admission *a)
{
	return a->sc->window_quota * scale(a);
}

double admission_window_end_s(const struct admission *a, int64_t now_us)
{
	if (!isfinite(a->window.start_s)) /* no window has begun: the outage answers instead */
		return a->sc->window_s;
	return a->window.start_s + a->sc->window_s - seconds(now_us);
}

int admission_sliding_quota(const struct admission *a)
{
	return (int)(a->sc->sliding_quota * scale(a));
}

double admission_sliding_end_s(const struct admission *a, int64_t now_us)
{
	return a->sliding.n ? seconds(times_at(&a->sliding, 0) - now_us) + a->sc->sliding_s : 0;
}

/* The time until the full sliding window takes one more. */
static double sliding_wait_s(const struct admission *a, int64_t now_us)
{
	size_t quota = (size_t)admission_sliding_quota(a);

	if (quota == 0)
		return a->sc->sliding_s;
	return seconds(times_at(&a->sliding, a->sliding.n - quota) - now_us) + a->sc->sliding_s;
}

static int concurrency_now(const struct admission *a)
{
	int n = (int)(a->sc->concurrency * scale(a));

	return n > 1 ? n : 1;
}

/* --- life --- */

void admission_init(struct admission *a, const struct scenario *sc)
{
	memset(a, 0, sizeof(*a));
	a->sc = sc;
	a->factor = a->neighbour = 1;
	a->requests = sc->burst;
	a->tokens = sc->token_burst;
	a->last_us = -NEVER_US / 2;
	a->window.number = -1;
	a->window.start_s = -INFINITY;
	if (!sc->used_up)
		return;
	a->requests = fmin(a->requests, 1);
	if (sc->window_s > 0) {
		a->window.number = (int64_t)(sc->window_phase_s / sc->window_s);
		a->window.start_s = sc->window_first ? 0
						     : (double)a->window.number * sc->window_s -
							       sc->window_phase_s;
		a->window.used = sc->window_quota;
	}
	for (int i = 0; i < (int)sc->sliding_quota; i++)
		times_add(&a->sliding, 0);
}

void admission_free(struct admission *a)
{
	free(a->sliding.at_us);
}

/* Begins a new window when the last one is over. A window that begins with its first request begins
 * at once under a hog. */
static void turn_window(struct admission *a, int64_t now_us, bool hogged)
{
	const struct scenario *sc = a->sc;
	double now_s = seconds(now_us), since_s = now_s - a->window.start_s;
	int64_t number = (int64_t)((now_s + sc->window_phase_s) / sc->window_s);

	if (sc->window_first && since_s >= sc->window_s) {
		hogged = hogged && isfinite(since_s);
		a->window = (struct fixed_window){
			0, now_s - (hogged ? fmod(since_s, sc->window_s) : 0), 0, 0};
	} else if (!sc->window_first && number != a->window.number) {
		a->window = (struct fixed_window){
			number, (double)number * sc->window_s - sc->window_phase_s, 0, 0};
	}
	a->window.hogged = fmax(a->window.hogged, hog_took(sc->hog, now_us, a->window.start_s));
}

static void turn_sliding(struct admission *a, int64_t now_us, bool hogged, struct rng *rng)
{
	int left;

	times_drop_until(&a->sliding, now_us - (int64_t)(a->sc->sliding_s * US_PER_S));
	if (!hogged)
		return;
	left = admission_sliding_quota(a) - (int)a->sliding.n - (rng_uniform(rng) < HOG_LEAVES);
	while (left-- > 0)
		times_add(&a->sliding, now_us);
}

void admission_refill(struct admission *a, int64_t now_us, struct rng *rng)
{
	const struct scenario *sc = a->sc;
	double dt_s = seconds(now_us - a->at_us);
	bool hogged = span_at(sc->hog, now_us, NULL);

	if (dt_s > 0) {
		a->requests = fmin(admission_burst(a),
			a->requests + dt_s * admission_rps(a) * (hogged ? HOG_LEAVES : 1));
		a->tokens = fmin(sc->token_burst, a->tokens + dt_s * admission_tps(a));
		a->at_us = now_us;
	}
	if (hogged)
		a->requests = fmin(a->requests, 1);
	if (sc->window_s > 0)
		turn_window(a, now_us, hogged);
	if (sc->sliding_s > 0)
		turn_sliding(a, now_us, hogged, rng);
}

void admission_scale(
	struct admission *a, int64_t now_us, struct rng *rng, double factor, double neighbour)
{
	admission_refill(a, now_us, rng);
	a->factor = factor;
	a->neighbour = neighbour;
	a->requests = fmin(a->requests, admission_burst(a));
}

/* --- admission --- */

/* The longest wait; a limit of the rate hides one of the number in flight. */
static void refuse(struct admission_verdict *v, double wait_s)
{
	v->wait_s = fmax(v->wait_s, wait_s);
	v->concurrency = false;
}

struct admission_verdict admission_ask(
	struct admission *a, int64_t now_us, struct rng *rng, double cost)
{
	const struct scenario *sc = a->sc;
	struct admission_verdict v = {0, false};
	double gap_s = admission_gap_s(a), since_s = seconds(now_us - a->last_us);

	admission_refill(a, now_us, rng);
	if (sc->concurrency > 0 &&
		(a->in_flight >= concurrency_now(a) || span_at(sc->hog, now_us, NULL)))
		v = (struct admission_verdict){sc->latency_s / concurrency_now(a), true};
	if (sc->window_s > 0 && a->window.used + a->window.hogged + 1 > admission_window_quota(a))
		refuse(&v, admission_window_end_s(a, now_us));
	if (sc->sliding_s > 0 && (int)a->sliding.n >= admission_sliding_quota(a))
		refuse(&v, sliding_wait_s(a, now_us));
	if (sc->rps > 0 && a->requests < 1)
		refuse(&v, (1 - a->requests) / admission_rps(a));
	if (sc->gap_s > 0 && since_s < gap_s)
		refuse(&v, gap_s - since_s);
	if (sc->tps > 0 && a->tokens < cost)
		refuse(&v, (cost - a->tokens) / admission_tps(a));
	return v;
}

void admission_take(struct admission *a, int64_t now_us, double cost)
{
	const struct scenario *sc = a->sc;

	a->window.used++;
	if (sc->sliding_s > 0)
		times_add(&a->sliding, now_us);
	a->requests -= sc->rps > 0;
	a->tokens -= sc->tps > 0 ? cost : 0;
	a->last_us = now_us;
	a->in_flight++;
}

void admission_count_refusal(struct admission *a, int64_t now_us)
{
	if (a->sc->rps > 0)
		a->requests = fmax(0, a->requests - 1);
	if (a->sc->sliding_s > 0)
		times_add(&a->sliding, now_us);
}
