#include "pace/limits.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"

/* After so many passed attempts, times the number at once, one more is tried. */
#define PASSED_BEFORE_MORE 16.0

struct limits *limits_new(const struct lane_config *config, int64_t now_us)
{
	struct limits *m = xcalloc(1, sizeof(*m));

	m->config = *config;
	LIST_INIT(&m->lanes);
	fair_init(&m->fair);
	m->concurrency = config->concurrency > 0 ? config->concurrency : 0;
	m->rpm = config->rpm > 0 ? config->rpm : 0;
	m->tpm = config->tpm > 0 ? config->tpm : 0;
	bucket_set(&m->requests, now_us, m->rpm, 1);
	bucket_set(&m->tokens, now_us, m->tpm, 1);
	if (config->window_count > 0)
		window_set(&m->window, now_us, (uint32_t)config->window_count, config->window_us);
	m->pacer.at_us = now_us;
	m->warned_us = LONG_AGO_US;
	return m;
}

void limits_free(struct limits *m)
{
	free(m);
}

struct lane_verdict limits_ready(struct limits *m, int64_t now_us, double tokens)
{
	struct lane_verdict v = {now_us, BOUND_NONE};

	verdict_bind(&v, now_us, bucket_ready_us(&m->requests, now_us, 1), BOUND_RPM);
	verdict_bind(&v, now_us, bucket_ready_us(&m->tokens, now_us, tokens), BOUND_TPM);
	verdict_bind(&v, now_us, window_ready_us(&m->window, now_us), BOUND_WINDOW);
	return v;
}

static int wanted(const struct limits *m)
{
	int most = m->config.max_concurrency;

	if (m->concurrency > 0)
		return m->concurrency;
	if (m->config.mode == PACE_AUTO)
		return most > 0 ? most : LIMITS_AUTO_MOST;
	return m->config.mode == PACE_AIMD && most > 0 ? most : LIMITS_FIXED_CONCURRENCY;
}

int limits_most_in_flight(const struct limits *m)
{
	int n = wanted(m), most = m->config.most_in_flight;

	if (m->at_once > 0 && m->concurrency <= 0 && n > (int)m->at_once)
		n = (int)m->at_once;
	return most > 0 && n > most ? most : n;
}

void limits_take(struct limits *m, int64_t now_us, double tokens)
{
	m->in_flight++;
	bucket_take(&m->requests, now_us, 1);
	bucket_take(&m->tokens, now_us, tokens);
	window_take(&m->window, now_us);
}

void limits_settle(struct limits *m, int64_t now_us, double reserved, double real)
{
	m->in_flight--;
	bucket_settle(&m->tokens, now_us, reserved, real);
}

void limits_spread(struct limits *m, int64_t now_us)
{
	m->spread = true;
	bucket_spread(&m->requests, now_us);
	bucket_spread(&m->tokens, now_us);
	window_spread(&m->window);
}

bool limits_by_hand(const struct limits *m)
{
	return m->rate > 0 || m->concurrency_by_hand || m->rpm_by_hand || m->tpm_by_hand;
}

void limits_refused_at_once(struct limits *m)
{
	if (m->n_lanes > 1)
		m->at_once = fmax(1, m->in_flight);
}

void limits_passed(struct limits *m)
{
	if (m->at_once > 0)
		m->at_once += 1 / (PASSED_BEFORE_MORE * m->at_once);
}
