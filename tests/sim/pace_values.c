#include "sim/pace_values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"

bool parse_pair(const char *text, char separator, double *a, double *b)
{
	const char *at = strchr(text, separator);
	char first[32];

	if (!at || (size_t)(at - text) >= sizeof(first))
		return false;
	memcpy(first, text, (size_t)(at - text));
	first[at - text] = '\0';
	return parse_double(first, a) && parse_double(at + 1, b);
}

static bool parse_word(const char *text, const char *const *words, int *out)
{
	for (int i = 0; words[i]; i++) {
		if (!strcmp(text, words[i])) {
			*out = i;
			return true;
		}
	}
	return false;
}

bool parse_list(struct reading *r, const char *text,
	bool (*take)(struct reading *r, const char *part, size_t at), size_t at)
{
	char *copy = strdup(text), *rest = copy, *part;
	bool ok = copy != NULL && *text;

	while (ok && (part = strtok_r(rest, ",", &rest)))
		ok = take(r, part, at);
	free(copy);
	return ok;
}

bool read_number(struct reading *r, const char *value, size_t at)
{
	double *out = (double *)((char *)&r->sc + at);

	return parse_double(value, out) && *out >= 0;
}

bool read_count(struct reading *r, const char *value, size_t at)
{
	int64_t n;

	if (!parse_count(value, 0, INT32_MAX, &n))
		return false;
	*(int *)((char *)&r->sc + at) = (int)n;
	return true;
}

bool read_yes(struct reading *r, const char *value, size_t at)
{
	(void)value;
	return *(bool *)((char *)&r->sc + at) = true;
}

static bool take_span(struct reading *r, const char *part, size_t at)
{
	struct sim_span *span = (struct sim_span *)((char *)&r->sc + at);
	int i = 0;

	while (i < SIM_SPANS && span[i].to_s > 0)
		i++;
	return i < SIM_SPANS && parse_pair(part, ':', &span[i].from_s, &span[i].to_s) &&
	       span[i].from_s >= 0 && span[i].to_s > span[i].from_s;
}

bool read_spans(struct reading *r, const char *value, size_t at)
{
	return parse_list(r, value, take_span, at);
}

/* --- limits --- */

bool read_tpm(struct reading *r, const char *value, size_t at)
{
	double tpm;

	(void)at;
	if (!parse_double(value, &tpm) || tpm < 0)
		return false;
	r->sc.tps = tpm / 60;
	return true;
}

static bool read_quota(const char *value, double *quota, double *span_s)
{
	if (!parse_pair(value, '/', quota, span_s) || *quota < 0 || *span_s < 0)
		return false;
	if (*quota < 1 || *span_s <= 0) /* off */
		*quota = *span_s = 0;
	return true;
}

bool read_window(struct reading *r, const char *value, size_t at)
{
	(void)at;
	return read_quota(value, &r->sc.window_quota, &r->sc.window_s);
}

bool read_sliding(struct reading *r, const char *value, size_t at)
{
	(void)at;
	return read_quota(value, &r->sc.sliding_quota, &r->sc.sliding_s);
}

bool read_steps(struct reading *r, const char *value, size_t at)
{
	(void)at;
	r->steps = value;
	return true;
}

/* --- answers --- */

bool read_refusal_latency(struct reading *r, const char *value, size_t at)
{
	struct scenario *sc = &r->sc;
	double s;

	(void)at;
	if (parse_pair(value, '-', &sc->refusal_least_s, &sc->refusal_most_s))
		return sc->refusal_least_s >= 0 && sc->refusal_most_s >= sc->refusal_least_s;
	if (!parse_double(value, &s) || s < 0)
		return false;
	sc->refusal_least_s = 0.5 * s;
	sc->refusal_most_s = 1.5 * s;
	return true;
}

bool read_status(struct reading *r, const char *value, size_t at)
{
	int *out = (int *)((char *)&r->sc + at);
	int64_t n;

	if (!parse_count(value, 0, 599, &n) || (n > 0 && n < 400))
		return false;
	*out = n ? (int)n : SIM_RESET;
	return true;
}

bool read_retry_after(struct reading *r, const char *value, size_t at)
{
	static const char *const words[] = {"none", "seconds", "ms", NULL};
	int i;

	(void)at;
	if (parse_word(value, words, &i)) {
		r->sc.retry_after = (enum sim_retry_after)i;
		return true;
	}
	r->sc.retry_after = SIM_RETRY_AFTER_CONSTANT;
	return parse_double(value, &r->sc.retry_after_s) && r->sc.retry_after_s > 0;
}

bool read_headers(struct reading *r, const char *value, size_t at)
{
	static const char *const words[] = {"none", "openai", "anthropic", "draft6", "draft7",
		"draft8", "x", "epoch-ms", "day", "zero", "full", NULL};
	int i;

	(void)at;
	if (!strcmp(value, "stale")) {
		r->sc.headers_at_admission = true;
		value = "openai";
	}
	if (!parse_word(value, words, &i))
		return false;
	r->sc.headers = (enum sim_headers)i;
	return true;
}

bool read_headers_at(struct reading *r, const char *value, size_t at)
{
	static const char *const words[] = {"done", "admit", NULL};
	int i;

	(void)at;
	if (!parse_word(value, words, &i))
		return false;
	r->sc.headers_at_admission = i == 1;
	return true;
}

/* --- disturbances --- */

bool read_neighbour(struct reading *r, const char *value, size_t at)
{
	struct scenario *sc = &r->sc;

	(void)at;
	return parse_pair(value, '/', &sc->neighbour_share, &sc->neighbour_s) &&
	       sc->neighbour_share >= 0 && sc->neighbour_share < 1 && sc->neighbour_s >= 0;
}

bool read_noise(struct reading *r, const char *value, size_t at)
{
	struct scenario *sc = &r->sc;

	(void)at;
	sc->noise_retry_after_s = 0;
	if (!parse_pair(value, ':', &sc->noise, &sc->noise_retry_after_s) &&
		!parse_double(value, &sc->noise))
		return false;
	return sc->noise >= 0 && sc->noise < 1 && sc->noise_retry_after_s >= 0;
}

/* --- client --- */

bool read_tokens(struct reading *r, const char *value, size_t at)
{
	struct scenario *sc = &r->sc;

	(void)at;
	sc->tokens_sigma = 0;
	if (!strncmp(value, "fixed:", 6))
		return parse_double(value + 6, &sc->tokens) && sc->tokens > 0;
	sc->tokens = 1000;
	sc->tokens_sigma = 1;
	return !strcmp(value, "heavy");
}

bool read_learned(struct reading *r, const char *value, size_t at)
{
	struct scenario *sc = &r->sc;

	(void)at;
	return parse_pair(value, ',', &sc->learned_rate, &sc->learned_window) &&
	       sc->learned_rate > 0;
}

static bool take_free(struct reading *r, const char *part, size_t at)
{
	double s;

	(void)at;
	if (r->sc.free_n >= SIM_FREE || !parse_double(part, &s) || s < 0)
		return false;
	r->sc.free_s[r->sc.free_n++] = s;
	return true;
}

bool read_free(struct reading *r, const char *value, size_t at)
{
	r->sc.free_n = 0;
	return parse_list(r, value, take_free, at);
}

bool read_pace(struct reading *r, const char *value, size_t at)
{
	static const char *const words[] = {"auto", "aimd", "fixed", NULL};
	int i;

	(void)at;
	if (!parse_word(value, words, &i))
		return false;
	r->sc.pace = (enum pace_mode)i;
	return true;
}

bool read_seed(struct reading *r, const char *value, size_t at)
{
	int64_t n;

	(void)at;
	if (!parse_count(value, 0, INT64_MAX, &n))
		return false;
	r->sc.seed = (uint64_t)n;
	return true;
}
