/* The discrete-event server model that the pacing controller was designed with. */
#include "mock/model.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/rng.h"
#include "mock/stable_heap.h"

/* A bucket this deep counts as "N per minute": it shrinks with its limit. */
static const double MINUTE_BUCKET_S = 59, MINUTE_S = 60;
/* what a reset that is rounded up to a microsecond may say too much */
static const double LESS_THAN_ONE = 0.01;
static const int64_t NEIGHBOUR_FROM_US = 30 * US_PER_S;
static const int64_t NEIGHBOUR_LEAST_US = 5 * US_PER_S;

struct bucket {
	double rate, burst; /* as configured, per second */
	double rate_now, burst_now;
	double level;
};

struct model {
	struct model_config c;
	int64_t start_us, now_us; /* monotonic; the state is that of now_us */
	struct rng rng;           /* for latencies and errors */
	struct rng
		neighbour_rng; /* separate, so that the neighbour does not depend on the requests */

	struct bucket requests, tokens;
	double window_used, window_count_now;
	int64_t window_index;
	int64_t in_flight;

	double factor, neighbour_factor;
	size_t steps_done;
	int64_t neighbour_toggle_us; /* since the start */

	/* Processor sharing: `served` is the work done so far for each request in a slot, in us of
	 * a request alone; a request is done when it reaches its key. */
	double served;
	int64_t served_at_us;
	struct stable_heap slots;
	struct stable_heap queue; /* by order of arrival */
};

static void bucket_fill(struct bucket *b, double seconds)
{
	if (b->rate > 0)
		b->level = fmin(b->burst_now, b->level + seconds * b->rate_now);
}

static void apply_factors(struct model *m)
{
	double f = m->factor * m->neighbour_factor;

	m->requests.rate_now = m->requests.rate * f;
	if (m->requests.burst >= MINUTE_BUCKET_S * m->requests.rate) {
		m->requests.burst_now = m->requests.burst * m->factor;
		m->requests.level = fmin(m->requests.level, m->requests.burst_now);
	}
	m->tokens.rate_now = m->tokens.rate * f;
	m->window_count_now = m->c.window_count * f;
}

static void toggle_neighbour(struct model *m)
{
	double mean = (double)m->c.neighbour_us;
	double length = -log(1.0 - rng_uniform(&m->neighbour_rng)) * mean;

	m->neighbour_factor = m->neighbour_factor < 1 ? 1 : 1 - m->c.neighbour_share;
	m->neighbour_toggle_us += (int64_t)fmax(length, (double)NEIGHBOUR_LEAST_US);
}

static void fill_until(struct model *m, int64_t at_us)
{
	double seconds = (double)(at_us - m->now_us) / (double)US_PER_S;

	if (at_us <= m->now_us)
		return;
	bucket_fill(&m->requests, seconds);
	bucket_fill(&m->tokens, seconds);
	m->now_us = at_us;
}

/* Advances buckets, schedule, neighbour and window to now. */
static void advance(struct model *m, int64_t now_us)
{
	for (;;) {
		int64_t step =
			m->steps_done < m->c.n_steps ? m->c.steps[m->steps_done].at_us : NEVER_US;
		int64_t next = step < m->neighbour_toggle_us ? step : m->neighbour_toggle_us;

		if (next > now_us - m->start_us)
			break;
		fill_until(m, m->start_us + next);
		if (next == step)
			m->factor = m->c.steps[m->steps_done++].factor;
		else
			toggle_neighbour(m);
		apply_factors(m);
	}
	fill_until(m, now_us);
	if (m->c.window_us > 0) {
		int64_t w = (m->now_us - m->start_us + m->c.window_phase_us) / m->c.window_us;

		if (w != m->window_index)
			m->window_used = 0;
		m->window_index = w;
	}
}

static int64_t window_left_us(const struct model *m)
{
	int64_t end = (m->window_index + 1) * m->c.window_us - m->c.window_phase_us;

	return end - (m->now_us - m->start_us);
}

struct model *model_new(const struct model_config *config, int64_t now_us)
{
	struct model *m = xcalloc(1, sizeof(*m));

	m->c = *config;
	m->start_us = m->now_us = m->served_at_us = now_us;
	rng_seed(&m->rng, config->seed);
	rng_seed(&m->neighbour_rng, ~config->seed);
	m->requests = (struct bucket){.rate = config->rate,
		.burst = config->burst,
		.burst_now = config->burst,
		.level = config->burst};
	m->tokens = (struct bucket){.rate = config->token_rate,
		.burst = config->token_burst,
		.burst_now = config->token_burst,
		.level = config->token_burst};
	m->factor = m->neighbour_factor = 1;
	m->neighbour_toggle_us = config->neighbour_share > 0 ? NEIGHBOUR_FROM_US : NEVER_US;
	apply_factors(m);
	return m;
}

void model_free(struct model *m)
{
	if (!m)
		return;
	stable_heap_free(&m->slots);
	stable_heap_free(&m->queue);
	free(m);
}

/* A request larger than the bucket passes a full one and leaves a debt. */
static double bucket_missing(const struct bucket *b, double cost)
{
	return b->rate > 0 ? fmin(cost, b->burst_now) - b->level : 0;
}

static double bucket_wait_us(const struct bucket *b, double missing)
{
	return b->rate_now > 0 ? missing / b->rate_now * (double)US_PER_S : (double)US_PER_MIN;
}

/* Finds the limit that keeps a request out the longest, and for how long. */
static enum model_limit binding_limit(const struct model *m, double tokens, double *wait_us)
{
	double least_one = bucket_missing(&m->requests, 1);
	double least_tokens = bucket_missing(&m->tokens, tokens);
	double wait[MODEL_LIMIT_COUNT] = {0};
	enum model_limit longest = MODEL_LIMIT_NONE;

	if (m->c.concurrency > 0 && m->in_flight >= m->c.concurrency)
		wait[MODEL_LIMIT_CONCURRENCY] =
			fmax(1, (double)m->c.latency_us / (double)m->c.concurrency);
	if (m->c.window_us > 0 && m->window_used + 1 > m->window_count_now)
		wait[MODEL_LIMIT_WINDOW] = (double)window_left_us(m);
	if (least_one > 0)
		wait[MODEL_LIMIT_REQUESTS] = bucket_wait_us(&m->requests, least_one);
	if (least_tokens > 0)
		wait[MODEL_LIMIT_TOKENS] = bucket_wait_us(&m->tokens, least_tokens);
	for (enum model_limit l = MODEL_LIMIT_NONE; l < MODEL_LIMIT_COUNT; l++)
		if (wait[l] > wait[longest])
			longest = l;
	*wait_us = wait[longest];
	return longest;
}

static struct model_quota bucket_quota(const struct bucket *b, double factor)
{
	double missing = b->burst_now - b->level;

	return (struct model_quota){.on = b->rate > 0,
		.limit = (int64_t)b->burst_now,
		.remaining = (int64_t)fmax(0, floor(b->level)),
		.reset_us = missing > 0 ? (int64_t)ceil(bucket_wait_us(b, missing)) : 0,
		.window_us = (int64_t)(b->burst_now / fmax(b->rate, 1e-9) * US_PER_S),
		.per_min = b->rate * factor * MINUTE_S};
}

struct model_quota model_quota_by_minute(const struct model_quota *q)
{
	struct model_quota out = *q;
	double used = (double)q->reset_us * q->per_min / (double)US_PER_MIN;

	if (q->per_min <= 0)
		return out;
	out.limit = q->per_min < 1 ? 1 : llround(q->per_min);
	used = fmax(0, used - fmax(0, (double)(q->limit - out.limit)));
	out.remaining = (int64_t)fmax(0, floor((double)out.limit - used + LESS_THAN_ONE));
	out.reset_us = (int64_t)ceil(used / q->per_min * (double)US_PER_MIN);
	return out;
}

static void report_quotas(const struct model *m, struct model_decision *d)
{
	d->requests = bucket_quota(&m->requests, m->factor);
	d->tokens = bucket_quota(&m->tokens, m->factor);
	if (m->c.window_us > 0)
		d->requests = (struct model_quota){.on = true,
			.limit = (int64_t)m->window_count_now,
			.remaining = (int64_t)fmax(0, m->window_count_now - m->window_used),
			.reset_us = window_left_us(m),
			.window_us = m->c.window_us};
}

static int64_t refusal_latency_us(struct model *m)
{
	double spread = (double)(m->c.refusal_high_us - m->c.refusal_low_us);

	return m->c.refusal_low_us + (int64_t)(rng_uniform(&m->rng) * spread);
}

static double draw_latency_us(struct model *m)
{
	double latency = (double)m->c.latency_us;

	return m->c.sigma > 0 ? latency * exp(m->c.sigma * rng_normal(&m->rng)) : latency;
}

static double speed(const struct model *m)
{
	return 1 / (1 + m->c.slowdown * (double)m->slots.heap.len / (double)m->c.slots);
}

static void serve_until(struct model *m, int64_t now_us)
{
	if (now_us <= m->served_at_us)
		return;
	m->served += (double)(now_us - m->served_at_us) * speed(m);
	m->served_at_us = now_us;
}

static void enter_slot(struct model *m, void *tag)
{
	stable_heap_push(&m->slots, m->served + draw_latency_us(m), tag);
}

static void admit(struct model *m, double tokens, void *tag, struct model_decision *d)
{
	m->requests.level -= 1;
	m->tokens.level -= tokens;
	m->window_used += 1;
	m->in_flight++;
	d->admitted = true;
	d->wait_us = 0;
	if (m->c.errors > 0 && rng_uniform(&m->rng) < m->c.errors) {
		d->status = 500;
		d->delay_us = refusal_latency_us(m);
	} else if (m->c.slots > 0) {
		d->status = 200;
		d->delay_us = -1;
		serve_until(m, m->now_us);
		if ((int64_t)m->slots.heap.len < m->c.slots)
			enter_slot(m, tag);
		else
			stable_heap_push(&m->queue, 0, tag);
	} else {
		d->status = 200;
		d->delay_us = (int64_t)draw_latency_us(m);
	}
}

void model_arrive(
	struct model *m, int64_t now_us, double tokens, void *tag, struct model_decision *out)
{
	double wait_us;

	advance(m, now_us);
	*out = (struct model_decision){.wait_us = -1};
	if (m->now_us - m->start_us >= m->c.outage_from_us &&
		m->now_us - m->start_us < m->c.outage_until_us) {
		out->status = 503;
		out->limit = MODEL_LIMIT_OUTAGE;
		out->delay_us = refusal_latency_us(m);
		return;
	}
	out->limit = binding_limit(m, tokens, &wait_us);
	if (out->limit == MODEL_LIMIT_NONE) {
		admit(m, tokens, tag, out);
	} else {
		if (m->c.refusals_cost)
			m->requests.level = fmax(0, m->requests.level - 1);
		out->status = 429;
		out->wait_us = (int64_t)ceil(wait_us);
		out->delay_us = refusal_latency_us(m);
	}
	report_quotas(m, out);
}

int64_t model_wait_us(struct model *m, int64_t now_us, double tokens)
{
	double wait_us;
	int64_t since;

	advance(m, now_us);
	since = m->now_us - m->start_us;
	if (since >= m->c.outage_from_us && since < m->c.outage_until_us)
		return m->c.outage_until_us - since;
	binding_limit(m, tokens, &wait_us);
	return (int64_t)ceil(wait_us);
}

void model_depart(struct model *m, int64_t now_us, struct model_decision *d)
{
	if (!d->admitted)
		return;
	d->admitted = false;
	m->in_flight--;
	if (m->c.stale_limits)
		return;
	advance(m, now_us);
	report_quotas(m, d);
}

int64_t model_next_us(const struct model *m)
{
	const struct stable_entry *first = stable_heap_top(&m->slots);
	double left;

	if (!first)
		return NEVER_US;
	left = (first->key - m->served) / speed(m);
	return m->served_at_us + (int64_t)ceil(fmax(0, left));
}

void *model_finish(struct model *m, int64_t now_us)
{
	int64_t at_us = model_next_us(m);
	void *tag;

	if (at_us > now_us)
		return NULL;
	/* Advances to its own end and not to now, because the others get faster from then on. */
	serve_until(m, at_us);
	tag = stable_heap_pop(&m->slots);
	if (m->queue.heap.len)
		enter_slot(m, stable_heap_pop(&m->queue));
	return tag;
}

int64_t model_in_flight(const struct model *m)
{
	return m->in_flight;
}
