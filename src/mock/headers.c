#include "mock/headers.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"

static int64_t ceil_div(int64_t a, int64_t b)
{
	return (a + b - 1) / b;
}

void header_add(struct header_list *l, const char *name, const char *value)
{
	struct header *h;

	if (l->n == MAX_HEADERS)
		return;
	h = &l->at[l->n++];
	h->name = name;
	snprintf(h->value, sizeof(h->value), "%s", value);
}

static void add_number(struct header_list *l, const char *name, int64_t n)
{
	char value[24];

	snprintf(value, sizeof(value), "%" PRId64, n);
	header_add(l, name, value);
}

void header_add_request_id(struct header_list *l, const struct call *c)
{
	char id[40];

	snprintf(id, sizeof(id), "req_%016" PRIx64 "%08" PRIx64, c->hash, c->serial & UINT32_MAX);
	header_add(l, c->anthropic ? "request-id" : "x-request-id", id);
	if (c->azure)
		header_add(l, "apim-request-id", id);
}

void header_reset(int64_t us, char *out, size_t size)
{
	int64_t ms = ceil_div(us, US_PER_MS);
	int64_t minutes = ms / 60000, rest = ms % 60000;

	if (ms < 1000)
		snprintf(out, size, "%" PRId64 "ms", ms);
	else if (minutes)
		snprintf(out, size, "%" PRId64 "m%" PRId64 "s", minutes, ceil_div(rest, 1000));
	else if (rest % 1000)
		snprintf(out, size, "%" PRId64 ".%03" PRId64 "s", rest / 1000, rest % 1000);
	else
		snprintf(out, size, "%" PRId64 "s", rest / 1000);
}

/* A time in whole seconds, rounded up, as Anthropic sends it. */
static void reset_instant(int64_t wall_us, char *out, size_t size)
{
	enum { SECONDS_LEN = sizeof("2026-01-31T23:59:59") - 1 };
	char text[32];

	clock_rfc3339(ceil_div(wall_us, US_PER_S) * US_PER_S, text, sizeof(text));
	snprintf(out, size, "%.*sZ", SECONDS_LEN, text);
}

struct quota_names {
	const char *limit, *remaining, *reset;
};

static void add_quota(struct header_list *l, const struct model_quota *q,
	const struct quota_names *names, int form, int64_t wall_us)
{
	char reset[40];

	if (!q->on)
		return;
	if (form == MOCK_HEADERS_ANTHROPIC)
		reset_instant(wall_us + q->reset_us, reset, sizeof(reset));
	else if (form == MOCK_HEADERS_AZURE)
		snprintf(reset, sizeof(reset), "%" PRId64, ceil_div(q->reset_us, US_PER_S));
	else
		header_reset(q->reset_us, reset, sizeof(reset));
	add_number(l, names->limit, q->limit);
	add_number(l, names->remaining, q->remaining);
	header_add(l, names->reset, reset);
}

/* The limit of requests in the forms of the RateLimit drafts. */
static void add_draft(struct header_list *l, const struct model_quota *q, int form)
{
	int64_t reset_s = ceil_div(q->reset_us, US_PER_S);
	int64_t window_s = ceil_div(q->window_us, US_PER_S);
	char text[80];

	snprintf(text, sizeof(text), "%s%" PRId64 ";w=%" PRId64,
		form == MOCK_HEADERS_DRAFT8 ? "\"requests\";q=" : "", q->limit, window_s);
	header_add(l, "ratelimit-policy", text);
	if (form == MOCK_HEADERS_DRAFT6) {
		add_number(l, "ratelimit-limit", q->limit);
		add_number(l, "ratelimit-remaining", q->remaining);
		add_number(l, "ratelimit-reset", reset_s);
		return;
	}
	if (form == MOCK_HEADERS_DRAFT7)
		snprintf(text, sizeof(text),
			"limit=%" PRId64 ", remaining=%" PRId64 ", reset=%" PRId64, q->limit,
			q->remaining, reset_s);
	else
		snprintf(text, sizeof(text), "\"requests\";r=%" PRId64 ";t=%" PRId64, q->remaining,
			reset_s);
	header_add(l, "ratelimit", text);
}

static void add_x(struct header_list *l, const struct model_quota *q, int64_t wall_us)
{
	add_number(l, "x-ratelimit-limit", q->limit);
	add_number(l, "x-ratelimit-remaining", q->remaining);
	add_number(l, "x-ratelimit-reset", ceil_div(wall_us + q->reset_us, US_PER_S));
}

void header_add_quotas(
	struct header_list *l, const struct model_decision *d, int form, int64_t wall_us)
{
	static const struct quota_names names[][2] = {
		[MOCK_HEADERS_OPENAI] = {{"x-ratelimit-limit-requests",
						 "x-ratelimit-remaining-requests",
						 "x-ratelimit-reset-requests"},
			{"x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens",
				"x-ratelimit-reset-tokens"}},
		[MOCK_HEADERS_ANTHROPIC] = {{"anthropic-ratelimit-requests-limit",
						    "anthropic-ratelimit-requests-remaining",
						    "anthropic-ratelimit-requests-reset"},
			{"anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-remaining",
				"anthropic-ratelimit-tokens-reset"}},
	};
	struct model_quota requests, tokens;
	const struct quota_names *n;

	if (form == MOCK_HEADERS_NONE)
		return;
	if (form >= MOCK_HEADERS_DRAFT6) {
		if (d->requests.on && form == MOCK_HEADERS_X)
			add_x(l, &d->requests, wall_us);
		else if (d->requests.on)
			add_draft(l, &d->requests, form);
		return;
	}
	n = names[form == MOCK_HEADERS_AZURE ? MOCK_HEADERS_OPENAI : form];
	requests = model_quota_by_minute(&d->requests);
	tokens = model_quota_by_minute(&d->tokens);
	add_quota(l, &requests, &n[0], form, wall_us);
	add_quota(l, &tokens, &n[1], form, wall_us);
}

void header_add_retry_after(struct header_list *l, const struct model_decision *d, int form)
{
	if (d->wait_us <= 0)
		return;
	if (form == MOCK_RETRY_AFTER_SECONDS)
		add_number(l, "retry-after", ceil_div(d->wait_us, US_PER_S));
	else if (form == MOCK_RETRY_AFTER_MS)
		add_number(l, "retry-after-ms", ceil_div(d->wait_us, US_PER_MS));
}
