#include "serve/token_limits.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/parse.h"

/* The slots that reach into a minute that ends now: 60 whole ones, and the one it starts in. */
enum { SPAN_SLOTS = 61 };

#define US_PER_DAY (24 * 60 * US_PER_MIN)
/* Batches: what may go at once, and what they leave to live calls, of a minute's worth. */
#define AT_ONCE 0.25
#define LEFT    0.125
/* Of the budget, noted ahead. */
#define AHEAD (1 / 128.0)

#define MOST_A_MINUTE INT64_C(1000000000000)
#define MOST_USD      1e9
#define MOST_WEIGHT   1000.0

const struct token_limits token_unlimited = {.weight = 1};

/* ---- words ---- */

static bool read_count(const char *value, double *out)
{
	int64_t n;

	if (!parse_count(value, 1, MOST_A_MINUTE, &n))
		return false;
	*out = (double)n;
	return true;
}

static bool read_double(const char *value, double most, double *out)
{
	double d;

	if (!parse_double(value, &d) || !(d > 0 && d <= most))
		return false;
	*out = d;
	return true;
}

bool token_limits_read(struct token_limits *limits, const char *word, struct error *err)
{
	const char *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : 0;

	if (len == 3 && !strncmp(word, "rpm", len))
		return read_count(equals + 1, &limits->rpm) ||
		       error_set(err, "rpm= takes a number of requests, 1 or more");
	if (len == 3 && !strncmp(word, "tpm", len))
		return read_count(equals + 1, &limits->tpm) ||
		       error_set(err, "tpm= takes a number of tokens, 1 or more, such as 100k");
	if (len == 3 && !strncmp(word, "usd", len))
		return read_double(equals + 1, MOST_USD, &limits->usd) ||
		       error_set(err, "usd= takes dollars a day, above 0, such as 2.50");
	if (len == 6 && !strncmp(word, "weight", len))
		return read_double(equals + 1, MOST_WEIGHT, &limits->weight) ||
		       error_set(err, "weight= takes a number above 0, at most %.0f", MOST_WEIGHT);
	return error_set(err, "a token takes rpm=, tpm=, usd= (a day) and weight=");
}

/* ---- a minute ---- */

static double *slot_of(struct minute *m, int64_t number)
{
	return &m->slot[number & (MINUTE_SLOTS - 1)];
}

/* Empties the slots that have left the minute. */
static void advance(struct minute *m, int64_t now_us)
{
	int64_t number = now_us / US_PER_S;

	if (number - m->newest >= SPAN_SLOTS) {
		memset(m->slot, 0, sizeof(m->slot));
		m->used = 0;
		m->newest = number;
	}
	for (; m->newest < number; m->newest++) {
		double *gone = slot_of(m, m->newest + 1 - SPAN_SLOTS);

		m->used -= *gone;
		*gone = 0;
	}
}

static void count(struct minute *m, int64_t now_us, double amount)
{
	advance(m, now_us);
	*slot_of(m, m->newest) += amount;
	m->used += amount;
}

/* Corrects what was counted at a time, if it still counts. */
static void correct(struct minute *m, int64_t now_us, int64_t at_us, double by)
{
	int64_t number = at_us / US_PER_S;

	advance(m, now_us);
	if (number > m->newest || m->newest - number >= SPAN_SLOTS)
		return;
	*slot_of(m, number) += by;
	m->used += by;
}

/* How long until the amount fits below the limit. */
static int64_t wait_for(struct minute *m, int64_t now_us, double amount, double limit)
{
	double used, most = fmax(limit - amount, 0);
	int64_t oldest;

	if (limit <= 0)
		return 0;
	advance(m, now_us);
	used = m->used;
	oldest = m->newest + 1 - SPAN_SLOTS;
	/* forgives rounding */
	for (; used > most + 1e-6 && oldest <= m->newest; oldest++)
		used -= *slot_of(m, oldest);
	return oldest == m->newest + 1 - SPAN_SLOTS ? 0
						    : (oldest - 1 + SPAN_SLOTS) * US_PER_S - now_us;
}

/* ---- a day ---- */

static int64_t day_of(int64_t wall_us)
{
	return clock_whole(wall_us, US_PER_DAY);
}

int64_t token_next_day_us(int64_t wall_us)
{
	return (day_of(wall_us) + 1) * US_PER_DAY;
}

/* A clock that is set back by less than a day changes nothing. */
static bool is_of_day(const struct token_meter *m, int64_t wall_us)
{
	int64_t day = day_of(wall_us);

	return day == m->day || day == m->day - 1;
}

static void turn_day(struct token_meter *m, int64_t wall_us)
{
	if (is_of_day(m, wall_us))
		return;
	m->day = day_of(wall_us);
	m->spent_usd = m->noted_usd = 0;
}

/* ---- the meter ---- */

void token_meter_set(struct token_meter *m, const struct token_limits *limits, int64_t now_us)
{
	m->limits = *limits;
	bucket_set(&m->even_requests, now_us, limits->rpm, 1);
	bucket_set(&m->even_tokens, now_us, limits->tpm, 1);
}

void token_meter_init(
	struct token_meter *m, const struct token_limits *limits, int64_t now_us, int64_t wall_us)
{
	*m = (struct token_meter){.day = day_of(wall_us)};
	m->requests.newest = m->tokens.newest = now_us / US_PER_S;
	token_meter_set(m, limits, now_us);
}

void token_meter_restore(struct token_meter *m, int64_t wall_us, int64_t day, double noted_usd)
{
	if (day != day_of(wall_us) || !(noted_usd > 0))
		return;
	m->spent_usd = m->noted_usd = fmin(noted_usd, MOST_USD);
}

static void bind(struct token_verdict *v, enum token_bound bound, int64_t wait_us)
{
	if (wait_us > v->wait_us)
		*v = (struct token_verdict){bound, wait_us};
}

/* What batches may use of a limit a minute. */
static double for_batches(const struct token_meter *m, double limit, int64_t now_us)
{
	bool live = m->live_us && now_us - m->live_us < US_PER_MIN;

	return live && limit * LEFT >= 1 ? limit - floor(limit * LEFT) : limit;
}

static void ask_minutes(
	struct token_verdict *v, struct token_meter *m, const struct token_ask *ask, int64_t now_us)
{
	const struct token_limits *l = &m->limits;
	double rpm = ask->live ? l->rpm : for_batches(m, l->rpm, now_us);
	double tpm = ask->live ? l->tpm : for_batches(m, l->tpm, now_us);

	bind(v, TOKEN_RPM, wait_for(&m->requests, now_us, 1, rpm));
	bind(v, TOKEN_TPM, wait_for(&m->tokens, now_us, ask->tokens, tpm));
	if (ask->live)
		return;
	if (m->requests.used > AT_ONCE * rpm)
		bind(v, TOKEN_RPM, bucket_ready_us(&m->even_requests, now_us, 1) - now_us);
	if (m->tokens.used > AT_ONCE * tpm)
		bind(v, TOKEN_TPM, bucket_ready_us(&m->even_tokens, now_us, ask->tokens) - now_us);
}

/* Requests in flight may cost less than was estimated. An estimate alone, which may be wrong, does
 * not refuse the first request of a day. */
static void ask_budget(struct token_verdict *v, const struct token_meter *m,
	const struct token_ask *ask, int64_t wall_us)
{
	double usd = m->limits.usd;

	if (usd <= 0 || m->spent_usd + m->reserved_usd + ask->usd <= usd)
		return;
	if (m->reserved_usd > 0 && m->spent_usd + ask->usd <= usd)
		bind(v, TOKEN_USD, NEVER_US);
	else if (m->spent_usd > 0 || m->reserved_usd > 0)
		bind(v, TOKEN_USD, token_next_day_us(wall_us) - wall_us);
}

struct token_verdict token_meter_ask(
	struct token_meter *m, const struct token_ask *ask, int64_t now_us, int64_t wall_us)
{
	struct token_verdict v = {TOKEN_FREE, 0};

	turn_day(m, wall_us);
	if (ask->live)
		m->live_us = now_us;
	ask_minutes(&v, m, ask, now_us);
	ask_budget(&v, m, ask, wall_us);
	return v;
}

/* Notes ahead what is spent. */
static bool note(struct token_meter *m)
{
	double spent = m->spent_usd + m->reserved_usd;

	if (m->limits.usd <= 0 || spent <= m->noted_usd)
		return false;
	m->noted_usd = spent + AHEAD * m->limits.usd;
	return true;
}

bool token_meter_lower(struct token_meter *m)
{
	double spent = m->spent_usd + m->reserved_usd, ahead = AHEAD * m->limits.usd;

	if (m->noted_usd <= spent + 2 * ahead)
		return false;
	m->noted_usd = spent + ahead;
	return true;
}

bool token_meter_take(
	struct token_meter *m, const struct token_ask *ask, int64_t now_us, int64_t wall_us)
{
	turn_day(m, wall_us);
	if (!ask->joins)
		count(&m->requests, now_us, 1);
	count(&m->tokens, now_us, ask->tokens);
	/* what went at once is not paid back */
	if (!ask->joins && m->requests.used > AT_ONCE * m->limits.rpm)
		bucket_take(&m->even_requests, now_us, 1);
	if (m->tokens.used > AT_ONCE * m->limits.tpm)
		bucket_take(&m->even_tokens, now_us, ask->tokens);
	m->reserved_usd += ask->usd;
	return note(m);
}

bool token_meter_settle(struct token_meter *m, const struct token_ask *ask, int64_t started_us,
	double tokens, double usd, int64_t now_us, int64_t wall_us)
{
	turn_day(m, wall_us);
	correct(&m->tokens, now_us, started_us, tokens - ask->tokens);
	bucket_settle(&m->even_tokens, now_us, ask->tokens, tokens);
	m->reserved_usd = fmax(0, m->reserved_usd - ask->usd);
	m->spent_usd += fmax(0, usd);
	return note(m);
}

double token_meter_usd(const struct token_meter *m, int64_t wall_us)
{
	return m->reserved_usd + (is_of_day(m, wall_us) ? m->spent_usd : 0);
}

double token_meter_used(const struct token_meter *m, enum token_bound of, int64_t now_us)
{
	struct minute minute = of == TOKEN_TPM ? m->tokens : m->requests;

	advance(&minute, now_us);
	return fmax(0, minute.used);
}
