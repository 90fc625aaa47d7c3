/* Checks the mock's settings and turns them into the model's configuration. */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/parse.h"
#include "mock/model.h"

/* A request in a full vLLM-like server takes 3.56 times as long as one alone: 20 ms + 0.4 ms a
 * sequence for each step, 128 sequences. */
static const double FULL_SLOWDOWN = 2.56;
static const double REFUSAL_SPREAD = 0.5; /* 80 ms means 40 to 120 */
static const double MAX_SECONDS = 1e9;

/* Reads the number before the next separator ('\0': the end) and moves *text behind it. */
static bool next_number(const char **text, char separator, double *out)
{
	char number[32];
	const char *end = strchr(*text, separator);
	size_t len;

	if (!end)
		return false;
	len = (size_t)(end - *text);
	if (len >= sizeof(number))
		return false;
	memcpy(number, *text, len);
	number[len] = '\0';
	*text = *end ? end + 1 : end;
	return parse_double(number, out) && *out >= 0 && *out <= MAX_SECONDS;
}

static int64_t from_seconds(double s)
{
	return (int64_t)llround(s * (double)US_PER_S);
}

static bool read_window(const char *text, struct model_config *c)
{
	double seconds;

	if (!next_number(&text, '/', &c->window_count) || !next_number(&text, '\0', &seconds))
		return false;
	c->window_us = from_seconds(seconds);
	return c->window_count >= 1 && c->window_us > 0;
}

static bool read_outage(const char *text, struct model_config *c)
{
	double from, until;

	if (!next_number(&text, ':', &from) || !next_number(&text, '\0', &until))
		return false;
	c->outage_from_us = from_seconds(from);
	c->outage_until_us = from_seconds(until);
	return until > from;
}

static bool read_schedule(const char *text, struct model_config *c)
{
	do {
		struct model_step *step = &c->steps[c->n_steps];
		const char *comma = strchr(text, ',');
		double seconds;

		if (c->n_steps == MODEL_MAX_STEPS || !next_number(&text, ':', &seconds) ||
			!next_number(&text, comma ? ',' : '\0', &step->factor))
			return false;
		step->at_us = from_seconds(seconds);
		if (c->n_steps && step->at_us <= step[-1].at_us)
			return false;
		c->n_steps++;
	} while (*text);
	return true;
}

static bool check_numbers(const struct mock_settings *s, struct error *err)
{
	const struct {
		const char *name;
		double value, max;
	} knobs[] = {
		{"latency", (double)s->latency_us, 3600e6},
		{"sigma", s->sigma, 5},
		{"refusal latency", (double)s->refusal_latency_us, 3600e6},
		{"rpm", s->rpm, 1e12},
		{"tpm", s->tpm, 1e12},
		{"burst", s->burst, 1e12},
		{"token burst", s->token_burst, 1e12},
		{"concurrency", (double)s->concurrency, 1e9},
		{"slots", (double)s->slots, 1e9},
		{"share of errors", s->errors, 1},
		{"tokens out", s->tokens_out, 1e6},
	};

	for (size_t i = 0; i < sizeof(knobs) / sizeof(knobs[0]); i++)
		if (!(knobs[i].value >= 0 && knobs[i].value <= knobs[i].max))
			return error_set(err, "mock: %s must lie between 0 and %g, not %g",
				knobs[i].name, knobs[i].max, knobs[i].value);
	return true;
}

/* The given burst, else one second's worth, at least 1. */
static double burst_of(double burst, double rate)
{
	if (burst <= 0)
		burst = rate;
	return burst < 1 ? 1 : burst;
}

bool model_config_from(const struct mock_settings *s, struct model_config *out, struct error *err)
{
	if (!check_numbers(s, err))
		return false;
	*out = (struct model_config){
		.latency_us = s->latency_us,
		.sigma = s->sigma,
		.refusal_low_us = (int64_t)((double)s->refusal_latency_us * (1 - REFUSAL_SPREAD)),
		.refusal_high_us = (int64_t)((double)s->refusal_latency_us * (1 + REFUSAL_SPREAD)),
		.rate = s->rpm / 60,
		.token_rate = s->tpm / 60,
		.concurrency = s->concurrency,
		.slots = s->slots,
		.slowdown = FULL_SLOWDOWN,
		.errors = s->errors,
		.seed = (uint64_t)s->seed,
	};
	out->burst = burst_of(s->burst, out->rate);
	out->token_burst = burst_of(s->token_burst, out->token_rate);
	if (s->window && !read_window(s->window, out))
		return error_set(
			err, "mock: window '%s' is not N/SECONDS, such as 1000/20", s->window);
	if (s->outage && !read_outage(s->outage, out))
		return error_set(err, "mock: outage '%s' is not FROM:TO in seconds, such as 60:80",
			s->outage);
	if (s->schedule && !read_schedule(s->schedule, out))
		return error_set(err,
			"mock: schedule '%s' is not SECONDS:FACTOR,... in ascending order, such as "
			"60:0.5,120:1",
			s->schedule);
	return true;
}
