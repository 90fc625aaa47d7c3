#include "sim/server.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

/* vLLM-like: a step (a token) takes longer the more are running; an answer takes so many steps. One
 * running alone is answered after the scenario's latency. */
#define STEPS_MEAN    200.0
#define STEP_EACH     0.0196 /* of the time of a step with one running, for each further one */
#define PROGRESS_UNIT 1e6

void server_init(struct server *s, const struct scenario *sc)
{
	memset(s, 0, sizeof(*s));
	s->sc = sc;
	rng_seed(&s->rng, sc->seed * 7919 + 1);
	s->factor = s->neighbour = 1;
	s->requests = sc->burst;
	s->tokens = sc->token_burst;
	s->window = -1;
}

void server_free(struct server *s)
{
	events_free(&s->running);
	free(s->queue);
	free(s->queue_work);
}

static double limit_factor(const struct server *s)
{
	return s->factor * s->neighbour;
}

/* A bucket of a minute shrinks with its limit. */
static double burst_now(const struct server *s)
{
	return s->sc->burst >= 59 * s->sc->rps ? s->sc->burst * s->factor : s->sc->burst;
}

static void refill(struct server *s, int64_t now_us)
{
	double dt_s = (double)(now_us - s->at_us) / US_PER_S;
	const struct scenario *sc = s->sc;
	int64_t window;

	if (dt_s > 0) {
		s->requests = fmin(burst_now(s), s->requests + dt_s * sc->rps * limit_factor(s));
		s->tokens = fmin(sc->token_burst, s->tokens + dt_s * sc->tps * limit_factor(s));
		s->at_us = now_us;
	}
	if (sc->window_s > 0) {
		window = (int64_t)(((double)now_us / US_PER_S + sc->window_phase_s) / sc->window_s);
		if (window != s->window) {
			s->window = window;
			s->window_used = 0;
		}
	}
}

static double window_end_s(const struct server *s, int64_t now_us)
{
	return (double)(s->window + 1) * s->sc->window_s - s->sc->window_phase_s -
	       (double)now_us / US_PER_S;
}

void server_scale(struct server *s, int64_t now_us, double factor, double neighbour)
{
	refill(s, now_us);
	s->factor = factor;
	s->neighbour = neighbour;
	s->requests = fmin(s->requests, burst_now(s));
}

double server_wait_s(struct server *s, int64_t now_us, double cost)
{
	const struct scenario *sc = s->sc;
	double wait = 0;

	refill(s, now_us);
	if (sc->concurrency > 0 && s->in_flight >= sc->concurrency)
		wait = fmax(wait, sc->latency_s / sc->concurrency);
	if (sc->window_s > 0 && s->window_used + 1 > sc->window_quota * limit_factor(s))
		wait = fmax(wait, window_end_s(s, now_us));
	if (sc->rps > 0 && s->requests < 1)
		wait = fmax(wait, (1 - s->requests) / (sc->rps * limit_factor(s)));
	if (sc->tps > 0 && s->tokens < cost)
		wait = fmax(wait, (cost - s->tokens) / (sc->tps * limit_factor(s)));
	return wait;
}

bool server_is_out(const struct server *s, int64_t now_us)
{
	double now_s = (double)now_us / US_PER_S;

	return now_s >= s->sc->outage_from_s && now_s < s->sc->outage_to_s;
}

static double uniform(struct server *s, double least, double most)
{
	return least + rng_uniform(&s->rng) * (most - least);
}

/* Lognormal of this mean. */
static double lognormal(struct server *s, double mean, double sigma)
{
	return exp(log(mean) - sigma * sigma / 2 + sigma * rng_normal(&s->rng));
}

static struct server_verdict refuse(struct server *s, int status, double wait_s)
{
	struct server_verdict v = {
		false, status, uniform(s, s->sc->refusal_least_s, s->sc->refusal_most_s), -1};

	if (wait_s > 0 && s->sc->retry_after == SIM_RETRY_AFTER_SECONDS)
		v.retry_after_s = fmax(1, ceil(wait_s));
	else if (wait_s > 0 && s->sc->retry_after == SIM_RETRY_AFTER_MS)
		v.retry_after_s = wait_s;
	return v;
}

/* How fast the slots work: steps a second. */
static double speed(const struct server *s)
{
	double step_s = s->sc->latency_s / STEPS_MEAN;

	return s->running.n ? 1 / (step_s * (1 + STEP_EACH * (double)(s->running.n - 1))) : 0;
}

static void advance(struct server *s, int64_t now_us)
{
	s->progress += (double)(now_us - s->progress_us) / US_PER_S * speed(s);
	s->progress_us = now_us;
}

static void run(struct server *s, uint32_t request, double work)
{
	events_add(&s->running, (int64_t)((s->progress + work) * PROGRESS_UNIT), 0, request, 0);
}

static void take_into_slots(struct server *s, int64_t now_us, uint32_t request)
{
	double work = lognormal(s, STEPS_MEAN, 0.5);

	advance(s, now_us);
	if ((int)s->running.n < s->sc->slots) {
		run(s, request, work);
		return;
	}
	if (s->queue_first + s->queue_n == s->queue_size) {
		s->queue_size = 2 * s->queue_size + 64;
		s->queue = xrealloc(s->queue, s->queue_size, sizeof(*s->queue));
		s->queue_work = xrealloc(s->queue_work, s->queue_size, sizeof(*s->queue_work));
	}
	s->queue[s->queue_first + s->queue_n] = request;
	s->queue_work[s->queue_first + s->queue_n] = work;
	s->queue_n++;
}

struct server_verdict server_send(struct server *s, int64_t now_us, uint32_t request, double cost)
{
	const struct scenario *sc = s->sc;
	double wait_s;

	if (server_is_out(s, now_us))
		return refuse(s, 503, 0);
	wait_s = server_wait_s(s, now_us, cost);
	if (wait_s > 0) {
		if (sc->refusals_count && sc->rps > 0)
			s->requests = fmax(0, s->requests - 1);
		return refuse(s, 429, wait_s);
	}
	s->window_used++;
	s->requests -= sc->rps > 0;
	s->tokens -= sc->tps > 0 ? cost : 0;
	s->in_flight++;
	if (rng_uniform(&s->rng) < sc->errors)
		return (struct server_verdict){false, 500, uniform(s, 0.05, 0.3), -1};
	if (sc->slots > 0) {
		take_into_slots(s, now_us, request);
		return (struct server_verdict){true, 200, 0, -1};
	}
	return (struct server_verdict){
		false, 200, fmax(0.03, lognormal(s, sc->latency_s, sc->sigma)), -1};
}

void server_done(struct server *s)
{
	s->in_flight--;
}

int64_t server_next_us(const struct server *s, int64_t now_us)
{
	double left;

	if (s->running.n == 0)
		return NEVER_US;
	left = (double)events_next_us(&s->running) / PROGRESS_UNIT - s->progress;
	left = fmax(0, left / speed(s)) - (double)(now_us - s->progress_us) / US_PER_S;
	return now_us + (int64_t)ceil(fmax(0, left) * US_PER_S);
}

bool server_finished(struct server *s, int64_t now_us, uint32_t *request)
{
	struct sim_event done;

	if (s->running.n == 0)
		return false;
	advance(s, now_us);
	if ((double)events_next_us(&s->running) / PROGRESS_UNIT > s->progress + 1e-3)
		return false;
	events_pop(&s->running, &done);
	*request = done.index;
	s->in_flight--;
	if (s->queue_n > 0) {
		run(s, s->queue[s->queue_first], s->queue_work[s->queue_first]);
		s->queue_first++;
		if (--s->queue_n == 0)
			s->queue_first = 0;
	}
	return true;
}

struct told {
	double limit, remaining, reset_s;
};

static size_t write_limit(const struct server *s, int64_t now_us, const char *dim,
	const struct told *t, char *out, size_t size)
{
	char reset[40];
	int n;

	if (s->sc->headers == SIM_HEADERS_ANTHROPIC) {
		clock_rfc3339(now_us + (int64_t)ceil(t->reset_s) * US_PER_S, reset, sizeof(reset));
		strcpy(strchr(reset, '.'), "Z"); /* whole seconds */
		n = snprintf(out, size,
			"anthropic-ratelimit-%s-limit: %.0f\r\nanthropic-ratelimit-%s-remaining: "
			"%.0f\r\nanthropic-ratelimit-%s-reset: %s\r\n",
			dim, t->limit, dim, floor(fmax(0, t->remaining)), dim, reset);
	} else {
		n = snprintf(out, size,
			"x-ratelimit-limit-%s: %.0f\r\nx-ratelimit-remaining-%s: "
			"%.0f\r\nx-ratelimit-reset-%s: %.3fs\r\n",
			dim, t->limit, dim, floor(fmax(0, t->remaining)), dim, t->reset_s);
	}
	return (size_t)n;
}

static size_t write_date(int64_t now_us, char *out, size_t size)
{
	int64_t second = now_us / US_PER_S;

	return (size_t)snprintf(out, size, "Date: Thu, 01 Jan 1970 %02d:%02d:%02d GMT\r\n",
		(int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60));
}

size_t server_headers(struct server *s, int64_t now_us, char *out, size_t size)
{
	const struct scenario *sc = s->sc;
	double factor = limit_factor(s);
	struct told t;
	size_t n = 0;

	if (sc->headers == SIM_HEADERS_NONE)
		return 0;
	refill(s, now_us);
	if (sc->headers == SIM_HEADERS_ANTHROPIC)
		n += write_date(now_us, out, size);
	if (sc->window_s > 0 || sc->rps > 0) {
		t = (struct told){burst_now(s), s->requests,
			(burst_now(s) - s->requests) / (sc->rps * factor)};
		if (sc->window_s > 0)
			t = (struct told){sc->window_quota * factor,
				sc->window_quota * factor - s->window_used,
				window_end_s(s, now_us)};
		n += write_limit(s, now_us, "requests", &t, out + n, size - n);
	}
	if (sc->tps > 0) {
		t = (struct told){sc->token_burst, s->tokens,
			(sc->token_burst - s->tokens) / (sc->tps * factor)};
		n += write_limit(s, now_us, "tokens", &t, out + n, size - n);
	}
	return n;
}
