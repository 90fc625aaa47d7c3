/* Reports the limits in the forms of real servers. */
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "sim/server.h"

#define DAY_S     86400.0
#define DAY_LIMIT 14400.0

/* One limit as a server reports it. */
struct reported {
	double limit, remaining, reset_s;
	double window_s;
};

struct writer {
	const struct scenario *sc;
	int64_t wall_us;
	char *out;
	size_t size, n;
};

#define WRITE(w, ...)                                                                              \
	((w)->n += (size_t)snprintf((w)->out + (w)->n, (w)->size - (w)->n, __VA_ARGS__))

static double rounded_up(double s, double precision_s)
{
	return precision_s > 0 ? ceil(s / precision_s) * precision_s : s;
}

static void write_openai(struct writer *w, const char *dim, const struct reported *t)
{
	double precision_s = w->sc->reset_precision_s;

	WRITE(w, "x-ratelimit-limit-%s: %.0f\r\nx-ratelimit-remaining-%s: %.0f\r\n", dim, t->limit,
		dim, t->remaining);
	/* whole seconds have no unit, as Azure writes them */
	if (precision_s >= 1)
		WRITE(w, "x-ratelimit-reset-%s: %.0f\r\n", dim,
			rounded_up(t->reset_s, precision_s));
	else
		WRITE(w, "x-ratelimit-reset-%s: %.3fs\r\n", dim,
			rounded_up(t->reset_s, precision_s));
}

/* Resets are times of day, in whole seconds. */
static void write_anthropic(struct writer *w, const char *dim, const struct reported *t)
{
	double reset_s = rounded_up(t->reset_s, fmax(1, w->sc->reset_precision_s));
	time_t reset = (time_t)(w->wall_us / US_PER_S) + (time_t)reset_s;
	char text[40];
	struct tm tm;

	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&reset, &tm));
	WRITE(w,
		"anthropic-ratelimit-%s-limit: %.0f\r\nanthropic-ratelimit-%s-remaining: %.0f\r\n"
		"anthropic-ratelimit-%s-reset: %s\r\n",
		dim, t->limit, dim, t->remaining, dim, text);
}

/* The drafts and their kin know whole seconds, and one limit of requests. */
static void write_draft(struct writer *w, const struct reported *t)
{
	double reset_s = fmax(1, rounded_up(t->reset_s, fmax(1, w->sc->reset_precision_s)));
	double wall_s = (double)w->wall_us / US_PER_S;

	switch (w->sc->headers) {
	case SIM_HEADERS_DRAFT6:
		WRITE(w,
			"RateLimit-Policy: %.0f;w=%.0f\r\nRateLimit-Limit: %.0f\r\n"
			"RateLimit-Remaining: %.0f\r\nRateLimit-Reset: %.0f\r\n",
			t->limit, t->window_s, t->limit, t->remaining, reset_s);
		break;
	case SIM_HEADERS_DRAFT7:
		WRITE(w,
			"RateLimit-Policy: %.0f;w=%.0f\r\n"
			"RateLimit: limit=%.0f, remaining=%.0f, reset=%.0f\r\n",
			t->limit, t->window_s, t->limit, t->remaining, reset_s);
		break;
	case SIM_HEADERS_DRAFT8:
		WRITE(w,
			"RateLimit: \"p\";r=%.0f;t=%.0f\r\n"
			"RateLimit-Policy: \"p\";q=%.0f;w=%.0f\r\n",
			t->remaining, reset_s, t->limit, t->window_s);
		break;
	default:
		WRITE(w, "X-RateLimit-Limit: %.0f\r\nX-RateLimit-Remaining: %.0f\r\n", t->limit,
			t->remaining);
		if (w->sc->headers == SIM_HEADERS_EPOCH_MS)
			WRITE(w, "X-RateLimit-Reset: %.0f\r\n", 1000 * (wall_s + t->reset_s));
		else
			WRITE(w, "X-RateLimit-Reset: %.0f\r\n", floor(wall_s) + reset_s);
	}
}

/* Headers that say nothing of the limit that binds. */
static void write_useless(struct writer *w, struct server *s, int64_t now_us)
{
	int left = (int)(DAY_S - (double)now_us / US_PER_S);

	switch (s->sc->headers) {
	case SIM_HEADERS_DAY:
		WRITE(w,
			"x-ratelimit-limit-requests: %.0f\r\nx-ratelimit-remaining-requests: "
			"%.0f\r\nx-ratelimit-reset-requests: %dh%dm%ds\r\n",
			DAY_LIMIT, fmax(0, DAY_LIMIT - (double)s->reported), left / 3600,
			left / 60 % 60, left % 60);
		break;
	case SIM_HEADERS_ZERO:
		WRITE(w, "x-ratelimit-limit-requests: 100\r\nx-ratelimit-remaining-requests: 0\r\n"
			 "x-ratelimit-reset-requests: 30\r\n");
		break;
	default:
		WRITE(w, "x-ratelimit-limit-requests: 5\r\nx-ratelimit-remaining-requests: 4\r\n"
			 "x-ratelimit-reset-requests: 60\r\n");
	}
}

/* The limit of requests, the last of several; false when there is none. */
static bool request_limit(const struct server *s, int64_t now_us, struct reported *t)
{
	const struct admission *a = &s->admission;
	const struct scenario *sc = s->sc;
	double quota = admission_window_quota(a), burst = admission_burst(a);
	int sliding = admission_sliding_quota(a);

	if (sc->sliding_s > 0)
		*t = (struct reported){sliding, sliding - (double)a->sliding.n,
			admission_sliding_end_s(a, now_us), sc->sliding_s};
	else if (sc->window_s > 0)
		*t = (struct reported){quota, quota - a->window.used - a->window.hogged,
			admission_window_end_s(a, now_us), sc->window_s};
	else if (sc->rps > 0)
		*t = (struct reported){burst, a->requests, (burst - a->requests) / admission_rps(a),
			ceil(burst / admission_rps(a))};
	else
		return false;
	t->remaining = floor(fmax(0, t->remaining));
	return true;
}

static bool token_limit(const struct server *s, struct reported *t)
{
	const struct admission *a = &s->admission;
	double burst = s->sc->token_burst;

	if (s->sc->tps <= 0)
		return false;
	*t = (struct reported){burst, floor(fmax(0, a->tokens)),
		(burst - a->tokens) / admission_tps(a), ceil(burst / admission_tps(a))};
	return true;
}

static void write_limits(struct writer *w, const struct server *s, int64_t now_us)
{
	bool anthropic = w->sc->headers == SIM_HEADERS_ANTHROPIC;
	void (*write)(struct writer *, const char *, const struct reported *) =
		anthropic ? write_anthropic : write_openai;
	time_t now = (time_t)(w->wall_us / US_PER_S);
	char date[40];
	struct reported t;
	struct tm tm;

	if (anthropic) {
		strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &tm));
		WRITE(w, "Date: %s\r\n", date);
	}
	if (request_limit(s, now_us, &t))
		write(w, "requests", &t);
	if (token_limit(s, &t))
		write(w, "tokens", &t);
}

size_t server_headers(struct server *s, int64_t now_us, char *out, size_t size)
{
	struct writer w = {s->sc, SIM_WALL_US + now_us, out, size, 0};
	struct reported t;

	if (s->sc->headers == SIM_HEADERS_NONE)
		return 0;
	s->reported++;
	if (s->sc->headers >= SIM_HEADERS_DAY)
		write_useless(&w, s, now_us);
	else if (s->sc->headers < SIM_HEADERS_DRAFT6)
		write_limits(&w, s, now_us);
	else if (request_limit(s, now_us, &t))
		write_draft(&w, &t);
	return w.n;
}
