/* The limits that servers report, in their own forms. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/rate_headers.h"
#include "api/rate_text.h"
#include "base/clock.h"
#include "base/date.h"
#include "unit.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
/* Thu, 01 Jan 2026 00:00:10 GMT, and our clock half a minute behind it. */
#define DATE    "date: Thu, 01 Jan 2026 00:00:10 GMT\r\n"
#define WALL_US ((INT64_C(1767225610) - 30) * US_PER_S)
#define S       US_PER_S
#define MS      US_PER_MS
#define MIN     US_PER_MIN

/* --- figures --- */

START_TEST(durations_as_servers_write_them)
{
	static const struct {
		const char *text;
		int64_t us;
	} cases[] = {
		{"1s", US_PER_S},
		{"6m0s", 6 * US_PER_MIN},
		{"12ms", 12 * US_PER_MS},
		{"1h2m3.5s", 62 * US_PER_MIN + 3500 * US_PER_MS},
		{"2m59.56s", 2 * US_PER_MIN + 59560 * US_PER_MS},
		{"59", 59 * US_PER_S},
		{"0", 0},
		{"0s", 0},
		{"7.66", 7660 * US_PER_MS},
		{"", -1},
		{"-1", -1},
		{"-1s", -1},
		{"soon", -1},
		{"5x", -1},
		{"1m30", -1},
		{"99999999999999999999s", -1},
		{"2026-01-01T00:00:00Z", -1},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		ck_assert_msg(rate_duration_us(cases[i].text, strlen(cases[i].text)) == cases[i].us,
			"'%s' is not %lld us", cases[i].text, (long long)cases[i].us);
}
END_TEST

START_TEST(dates_of_all_forms)
{
	static const struct {
		const char *text;
		bool http;
		int64_t s; /* -1: not a date */
	} cases[] = {
		{"Sun, 06 Nov 1994 08:49:37 GMT", true, 784111777},
		{"Sunday, 06-Nov-94 08:49:37 GMT", true, 784111777},
		{"Sun Nov  6 08:49:37 1994", true, 784111777},
		{"Thu, 29 Feb 2024 23:59:60 GMT", true, 1709251200},
		{"Sun, 06 Nov 1994 08:49:37 PST", true, -1},
		{"Sun, 06 Foo 1994 08:49:37 GMT", true, -1},
		{"Sun, 36 Nov 1994 08:49:37 GMT", true, -1},
		{"Sun, 6 Nov 1994 08:49:37 GMT", true, 784111777},
		{"sun, 06-nov-1994 08:49:37 GMT", true, 784111777},
		{"Thu, 01 Jan 1970 00:00:00 GMT", true, 0},
		{"Sun, 06 Nov 1894 08:49:37 GMT", true, -1},
		{"Sun, 06 Nov 94 08:49:37 GMT", true, -1},
		{"120", true, -1},
		{"", true, -1},
		{"EST Nov  6 08:49:37 1994", true, 784111777}, /* no zone where the day stands */
		{"u Nov  6 08:49:37 1994", true, 784111777},
		/* dates for libcurl, but not for HTTP */
		{"20240229", true, -1},
		{"06 Nov 1994 08:49:37 GMT", true, -1},
		{"Sun, 06 Nov 1994 08:49:37", true, -1},
		{"Sun, 06 Nov 1994 08:49:37 +0100", true, -1},
		{"Sun, 06 Nov 1994 08:49:37 GMT+01", true, -1},
		{"Sun, 06 Nov 1994 08:49 GMT", true, -1},
		{"Sun, 06 Nov 1994", true, -1},
		{"Nov 6 1994", true, -1},
		{"Sun Nov  6 08:49:37 1994 PST", true, -1},
		{"1994-11-06 08:49:37", true, -1},
		{"Sun, 06 Nov 1994 24:00:00 GMT", true, -1},
		{"1994-11-06T08:49:37Z", false, 784111777},
		{"1994-11-06T09:49:37+01:00", false, 784111777},
		{"1994-11-06t00:49:37.000-08:00", false, 784111777},
		{"1994-11-06", false, -1},
		{"1994-13-06T08:49:37Z", false, -1},
		{"1994-11-06T08:49:37", false, -1},
		{"1994-11-06T08:49:37Zulu", false, -1},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t len = strlen(cases[i].text);
		int64_t us = -1;
		bool ok = cases[i].http ? date_http(cases[i].text, len, &us)
					: date_rfc3339(cases[i].text, len, &us);

		ck_assert_msg(ok == (cases[i].s >= 0), "'%s'", cases[i].text);
		ck_assert_msg(!ok || us == cases[i].s * US_PER_S, "'%s' is %lld us", cases[i].text,
			(long long)us);
	}
	ck_assert(!date_http("Sun, 06 Nov 1994 08:49:37 GMT\0x", 31, &(int64_t){0}));
}
END_TEST

/* --- headers --- */

struct reported {
	enum limit_slot slot;
	struct reported_limit limit;
};

/* Slots that are not named report nothing. */
struct headers_case {
	const char *text;
	int n;
	struct reported reported[4];
};

static const struct headers_case families[] = {
	/* nothing of limits */
	{"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nretry-after: 5\r\n", 0, {{0}}},
	{"", 0, {{0}}},
	/* OpenAI */
	{"x-ratelimit-limit-requests: 10000\r\nX-RateLimit-Remaining-Requests: 9999\r\n"
	 "x-ratelimit-reset-requests: 6ms\r\nx-ratelimit-limit-tokens: 30000\r\n"
	 "x-ratelimit-remaining-tokens: 29976\r\nx-ratelimit-reset-tokens: 6m0s\r\n",
		2,
		{{LIMIT_REQUESTS, {10000, 9999, 6 * MS, MS, -1}},
			{LIMIT_TOKENS, {30000, 29976, 6 * MIN, S, -1}}}},
	/* Azure: bare seconds; -1 and 0 for what it does not know */
	{"x-ms-region: West US\nx-ratelimit-limit-requests: -1\n"
	 "x-ratelimit-remaining-requests: -1\nx-ratelimit-reset-requests: 10\n"
	 "x-ratelimit-limit-tokens: 0\nx-ratelimit-remaining-tokens: 90\n"
	 "x-ms-ratelimit-remaining-subscription-reads: 11999",
		2,
		{{LIMIT_REQUESTS, {-1, -1, 10 * S, S, -1}}, {LIMIT_TOKENS, {-1, 90, -1, 0, -1}}}},
	/* and as it has been seen in a refusal */
	{"x-rate-limit-reset-tokens: 55\r\nx-ratelimit-remaining-requests: 119\r\n"
	 "x-ratelimit-remaining-tokens: 0\r\npolicy-id: DeploymentRatelimit-Token\r\n",
		2,
		{{LIMIT_REQUESTS, {-1, 119, -1, 0, -1}}, {LIMIT_TOKENS, {-1, 0, 55 * S, S, -1}}}},
	/* GitHub Models */
	{"x-ratelimit-limit-requests: 20000\r\nx-ratelimit-remaining-requests: 19999\r\n"
	 "x-ratelimit-renewalperiod-requests: 60\r\nx-ratelimit-reset-requests: 3\r\n"
	 "x-ratelimit-abusepenalty-active: False\r\nx-ratelimit-key: gpt-4o-mini\r\n",
		1, {{LIMIT_REQUESTS, {20000, 19999, 3 * S, S, MIN}}}},
	/* Groq: requests of a day */
	{"retry-after: 2\nx-ratelimit-limit-requests: 14400\nx-ratelimit-limit-tokens: 18000\n"
	 "x-ratelimit-remaining-requests: 14370\nx-ratelimit-remaining-tokens: 17997\n"
	 "x-ratelimit-reset-requests: 2m59.56s\nx-ratelimit-reset-tokens: 7.66s\n",
		2,
		{{LIMIT_REQUESTS, {14400, 14370, 179560 * MS, MS, -1}},
			{LIMIT_TOKENS, {18000, 17997, 7660 * MS, MS, -1}}}},
	/* Anthropic: against the answer's own Date */
	{DATE "anthropic-ratelimit-requests-limit: 4000\r\n"
	      "anthropic-ratelimit-requests-remaining: 3999\r\n"
	      "anthropic-ratelimit-requests-reset: 2026-01-01T00:00:22Z\r\n"
	      "anthropic-ratelimit-input-tokens-limit: 2000000\r\n"
	      "anthropic-ratelimit-input-tokens-remaining: 1998000\r\n"
	      "anthropic-ratelimit-input-tokens-reset: 2026-01-01T00:00:11Z\r\n"
	      "anthropic-ratelimit-output-tokens-limit: 400000\r\n"
	      "anthropic-ratelimit-output-tokens-remaining: 399000\r\n"
	      "anthropic-ratelimit-output-tokens-reset: 2026-01-01T00:01:10Z\r\n"
	      "anthropic-ratelimit-tokens-limit: 2400000\r\n"
	      "anthropic-ratelimit-tokens-remaining: 2397000\r\n"
	      "anthropic-ratelimit-tokens-reset: 2026-01-01T00:00:00Z\r\n"
	      "anthropic-ratelimit-unified-5h-reset: 1767225700\r\n"
	      "anthropic-priority-input-tokens-limit: 10000\r\n",
		4,
		{{LIMIT_REQUESTS, {4000, 3999, 12 * S, S, -1}},
			{LIMIT_INPUT_TOKENS, {2000000, 1998000, 1 * S, S, -1}},
			{LIMIT_OUTPUT_TOKENS, {400000, 399000, 60 * S, S, -1}},
			{LIMIT_TOKENS, {2400000, 2397000, 0, S, -1}}}},
	/* no Date: against our clock */
	{"anthropic-ratelimit-requests-reset: 2026-01-01T00:00:22.5Z\r\n", 1,
		{{LIMIT_REQUESTS, {-1, -1, 42500 * MS, MS, -1}}}},
	/* Mistral */
	{"x-ratelimit-limit-tokens-minute: 5000000\r\n"
	 "x-ratelimit-remaining-tokens-minute: 4999911\r\nx-ratelimit-tokens-query-cost: 52\r\n"
	 "x-ratelimit-limit-req-minute: 720\r\nx-ratelimit-remaining-req-minute: 717\r\n"
	 "x-ratelimit-limit-req-10-second: 20\r\nx-ratelimit-remaining-req-10-second: 0\r\n"
	 "x-ratelimit-limit-tokens-month: 1000000000000\r\n",
		3,
		{{LIMIT_TOKENS_MINUTE, {5000000, 4999911, -1, 0, MIN}},
			{LIMIT_REQUESTS_MINUTE, {720, 717, -1, 0, MIN}},
			{LIMIT_REQUESTS_SECOND, {20, 0, -1, 0, 10 * S}}}},
	{"ratelimitbysize-limit: 500000\r\nratelimitbysize-remaining: 499989\r\n"
	 "ratelimitbysize-reset: 59\r\nratelimitbysize-query-cost: 11\r\n"
	 "x-ratelimitbysize-limit-minute: 500000\r\n"
	 "x-ratelimitbysize-remaining-minute: 499989\r\n"
	 "x-ratelimitbysize-remaining-month: 999999\r\n",
		2,
		{{LIMIT_TOKENS, {500000, 499989, 59 * S, S, -1}},
			{LIMIT_TOKENS_MINUTE, {500000, 499989, -1, 0, MIN}}}},
	/* a plan without the model */
	{"x-ratelimit-limit-req-minute: 0\r\n", 0, {{0}}},
	/* Cerebras */
	{"x-ratelimit-limit-requests-day: 1000000000\nx-ratelimit-limit-tokens-minute: 60000\n"
	 "x-ratelimit-remaining-requests-day: 999997455\n"
	 "x-ratelimit-remaining-tokens-minute: 55000\n"
	 "x-ratelimit-reset-requests-day: 33011.382867097855\n"
	 "x-ratelimit-reset-tokens-minute: 11.382867097854614\n",
		2,
		{{LIMIT_REQUESTS_DAY,
			 {1000000000, 999997455, INT64_C(33011382867), MS, 24 * 60 * MIN}},
			{LIMIT_TOKENS_MINUTE, {60000, 55000, 11382867, MS, MIN}}}},
	/* Fireworks */
	{"x-ratelimit-limit-tokens-prompt: 11250000\nx-ratelimit-remaining-tokens-prompt: 9\n"
	 "x-ratelimit-limit-tokens-generated: 216000\n"
	 "x-ratelimit-limit-tokens-cache-adjusted-prompt: 5400000\n",
		2,
		{{LIMIT_INPUT_TOKENS, {11250000, 9, -1, 0, -1}},
			{LIMIT_OUTPUT_TOKENS, {216000, -1, -1, 0, -1}}}},
	/* Together */
	{"x-ratelimit-limit: 10\r\nx-ratelimit-remaining: 9\r\nx-ratelimit-reset: 1\r\n"
	 "x-tokenlimit-limit: 3000\r\nx-tokenlimit-remaining: 2990\r\n"
	 "x-ratelimit-limit-dynamic: 99\r\n",
		2,
		{{LIMIT_REQUESTS, {10, 9, 1 * S, S, -1}}, {LIMIT_TOKENS, {3000, 2990, -1, 0, -1}}}},
	/* OpenRouter: ms since 1970 */
	{DATE "X-RateLimit-Limit: 20\r\nX-RateLimit-Remaining: 0\r\n"
	      "X-RateLimit-Reset: 1767225660000\r\n",
		1, {{LIMIT_REQUESTS, {20, 0, 50 * S, S, -1}}}},
	{"X-RateLimit-Limit: 20\r\nX-RateLimit-Remaining: 0\r\n"
	 "X-RateLimit-Reset: 1767225660250\r\n",
		1, {{LIMIT_REQUESTS, {20, 0, 80250 * MS, MS, -1}}}},
	/* GitHub, express-rate-limit: seconds since 1970 */
	{"x-ratelimit-limit: 5000\r\nx-ratelimit-remaining: 4990\r\n"
	 "x-ratelimit-reset: 1767229210\r\nx-ratelimit-used: 10\r\n"
	 "x-ratelimit-resource: core\r\n" DATE,
		1, {{LIMIT_REQUESTS, {5000, 4990, 3600 * S, S, -1}}}},
	/* Discord */
	{DATE "X-RateLimit-Limit: 5\r\nX-RateLimit-Remaining: 0\r\n"
	      "X-RateLimit-Reset: 1767225611.123\r\nX-RateLimit-Reset-After: 1.123\r\n"
	      "X-RateLimit-Bucket: abcd1234\r\n",
		1, {{LIMIT_REQUESTS, {5, 0, 1123 * MS, MS, -1}}}},
	/* an HTTP date */
	{DATE "X-RateLimit-Remaining: 3\nX-RateLimit-Reset: Thu, 01 Jan 2026 00:01:00 GMT\n", 1,
		{{LIMIT_REQUESTS, {-1, 3, 50 * S, S, -1}}}},
	/* WHOOP: a list of windows, of which the first figure binds */
	{"X-RateLimit-Limit: 100, 100;window=60, 10000;window=86400\r\n"
	 "X-RateLimit-Remaining: 98\r\nX-RateLimit-Reset: 3\r\n",
		1, {{LIMIT_REQUESTS, {100, 98, 3 * S, S, MIN}}}},
	/* Kong */
	{"RateLimit-Limit: 6\r\nRateLimit-Remaining: 4\r\nRateLimit-Reset: 47\r\n"
	 "X-RateLimit-Limit-Second: 5\r\nX-RateLimit-Remaining-Second: 4\r\n"
	 "X-RateLimit-Limit-Hour: 10\r\nX-RateLimit-Remaining-Hour: 9\r\n",
		3,
		{{LIMIT_REQUESTS, {6, 4, 47 * S, S, -1}}, {LIMIT_REQUESTS_SECOND, {5, 4, -1, 0, S}},
			{LIMIT_REQUESTS_HOUR, {10, 9, -1, 0, 60 * MIN}}}},
	/* the words in another order */
	{"x-ratelimit-minute-requests-limit: 60\nx-ratelimit-tokens-per-hour-remaining: 5\n", 2,
		{{LIMIT_REQUESTS_MINUTE, {60, -1, -1, 0, MIN}},
			{LIMIT_TOKENS_HOUR, {-1, 5, -1, 0, 60 * MIN}}}},
};

/* draft-ietf-httpapi-ratelimit-headers */
static const struct headers_case drafts[] = {
	/* 06 */
	{"RateLimit-Policy: 300;w=10\r\nRateLimit-Limit: 300\r\nRateLimit-Remaining: 12\r\n"
	 "RateLimit-Reset: 4\r\n",
		1, {{LIMIT_REQUESTS, {300, 12, 4 * S, S, 10 * S}}}},
	{"RateLimit-Limit: 10\r\nRateLimit-Remaining: 1\r\nRateLimit-Reset: 7\r\n"
	 "RateLimit-Policy: 50;w=60;comment=\"a, b\", 10;w=1\r\nRateLimit-Policy: 1000;w=3600\r\n",
		1, {{LIMIT_REQUESTS, {10, 1, 7 * S, S, S}}}},
	/* and earlier */
	{"ratelimit-limit: 100, 100;w=60;burst=1000, 5000;w=3600\r\nratelimit-remaining: 5\r\n", 1,
		{{LIMIT_REQUESTS, {100, 5, -1, 0, MIN}}}},
	/* 07 */
	{"RateLimit: limit=300, remaining=12, reset=4\r\nRateLimit-Policy: 300;w=10\r\n", 1,
		{{LIMIT_REQUESTS, {300, 12, 4 * S, S, 10 * S}}}},
	{"ratelimit:limit = 300 ;x=1,remaining=\"12\"  ,  reset=4", 1,
		{{LIMIT_REQUESTS, {300, 12, 4 * S, S, -1}}}},
	/* 08 and later */
	{"RateLimit: \"p\"; r=12; t=4\r\nRateLimit-Policy: \"p\"; q=300; w=10\r\n", 1,
		{{LIMIT_REQUESTS, {300, 12, 4 * S, S, 10 * S}}}},
	{"RateLimit-Policy: \"100-in-15min\"; q=100; w=900; pk=:OGI1ZmM2Nzc4MWIx:\r\n"
	 "RateLimit: \"100-in-15min\"; r=99; t=900\r\n",
		1, {{LIMIT_REQUESTS, {100, 99, 900 * S, S, 900 * S}}}},
	{"RateLimit-Policy: \"permin\";q=50;w=60,\"perhr\";q=1000;w=3600\r\n"
	 "RateLimit: \"perhr\";r=999;pk=:dHJpYWwxMjEzMjM=:;t=3000, \"permin\";r=0;t=30\r\n",
		2,
		{{LIMIT_REQUESTS_MINUTE, {50, 0, 30 * S, S, MIN}},
			{LIMIT_REQUESTS_HOUR, {1000, 999, 3000 * S, S, 60 * MIN}}}},
	/* two windows of one class, on lines of their own, one without a limit */
	{"RateLimit: \"b\";r=80;t=20\r\nRateLimit-Policy: \"a\";q=30;w=10\r\n"
	 "RateLimit-Policy: \"b\";q=90;w=30\r\n",
		2,
		{{LIMIT_REQUESTS_MINUTE, {30, -1, -1, 0, 10 * S}},
			{LIMIT_REQUESTS_HOUR, {90, 80, 20 * S, S, 30 * S}}}},
	/* monday.com: a limit at a time and one of bytes are no rates */
	{"RateLimit-Policy: \"minuteRate\";q=100;w=60, "
	 "\"concurrency\";q=40;qu=\"concurrent-requests\", "
	 "\"complexityMinute\";q=1000000;w=60;qu=\"content-bytes\"\r\n"
	 "RateLimit: \"minuteRate\";r=90, \"concurrency\";r=35, "
	 "\"complexityMinute\";r=800000;t=45\r\n",
		1, {{LIMIT_REQUESTS, {100, 90, -1, 0, MIN}}}},
	{"RateLimit-Policy: \"r\";q=10;w=1;qu=\"requests\", \"t\";q=9000;w=60;qu=\"tokens\"\n"
	 "RateLimit: \"r\";r=9;t=1, \"t\";r=8000;t=7\n",
		2,
		{{LIMIT_REQUESTS, {10, 9, S, S, S}}, {LIMIT_TOKENS, {9000, 8000, 7 * S, S, MIN}}}},
	/* Hugging Face: the names differ */
	{"ratelimit: \"api\";r=496;t=105\r\nratelimit-policy: \"fixed "
	 "window\";\"api\";q=500;w=300\r\n",
		1, {{LIMIT_REQUESTS, {500, 496, 105 * S, S, 300 * S}}}},
	/* no policy; tokens for names; a name that is a number */
	{"RateLimit: default;r=50;t=30\r\n", 1, {{LIMIT_REQUESTS, {-1, 50, 30 * S, S, -1}}}},
	{"RateLimit: \"10\";r=5\nRateLimit-Policy: \"10\";q=10;w=1\n", 1,
		{{LIMIT_REQUESTS, {10, 5, -1, 0, S}}}},
	/* express-rate-limit with its old headers beside: the draft is believed */
	{"X-RateLimit-Limit: 5\r\nX-RateLimit-Remaining: 4\r\n" DATE
	 "X-RateLimit-Reset: 1767225615\r\nRateLimit-Policy: 5;w=6\r\n"
	 "RateLimit: limit=5, remaining=4, reset=6\r\n",
		1, {{LIMIT_REQUESTS, {5, 4, 6 * S, S, 6 * S}}}},
	/* a policy alone leaves the reports of other headers */
	{"X-RateLimit-Limit: 5\r\nX-RateLimit-Remaining: 4\r\nRateLimit-Policy: \"p\";q=5;w=6\r\n",
		1, {{LIMIT_REQUESTS, {5, 4, -1, 0, 6 * S}}}},
};

/* Malformed, absurd, hostile: not reported, and what stands beside it is. */
static const struct headers_case odd[] = {
	{"x-ratelimit-limit-requests: many\r\nx-ratelimit-remaining-requests:\r\n"
	 "x-ratelimit-reset-requests 5s\r\nx-ratelimit-limit-tokens: 5 000\r\n"
	 "x-ratelimit-limit: 1,000\r\nx-ratelimit-remaining: 1e3\r\n",
		0, {{0}}},
	{"x-ratelimit-limit: nan\nx-ratelimit-remaining: inf\nx-ratelimit-reset: NaN\n", 0, {{0}}},
	{"x-ratelimit-limit: -5\nx-ratelimit-remaining: -1\nx-ratelimit-reset: -1\n", 0, {{0}}},
	{"x-ratelimit-limit: 0x10\nx-ratelimit-remaining: 1000000000000000\n"
	 "x-ratelimit-reset: 1767225610000000\n",
		0, {{0}}},
	/* 31 years, the year 2100, year 0 */
	{"x-ratelimit-reset: 999999999\n", 0, {{0}}},
	{"x-ratelimit-reset: 4102444800\n", 0, {{0}}},
	{"anthropic-ratelimit-requests-reset: 1969-01-01T00:00:22Z\r\n", 0, {{0}}},
	/* long past: now */
	{"x-ratelimit-reset: 1700000000\n", 1, {{LIMIT_REQUESTS, {-1, -1, 0, S, -1}}}},
	/* names that only begin like ours, or are none of a limit's figures */
	{"x-ratelimit: 5\nx-ratelimit-: 5\nratelimit-limits: 5\nx-ratelimit-limit--: 5\n"
	 "x-ratelimit-limit\nxx-ratelimit-limit: 5\nx-ratelimit-requests: 5\n",
		0, {{0}}},
	{"x-ratelimit-limit-0-minute: 5\nx-ratelimit-remaining-99999-minute: 4\n", 1,
		{{LIMIT_REQUESTS_MINUTE, {5, 4, -1, 0, -1}}}},
	{"RateLimit: ,,;;==\"\\\r\nRateLimit-Policy: \"\r\nRateLimit: =;=,\"a\nRateLimit:\n", 0,
		{{0}}},
	{"RateLimit: \"p;r=1;t=1\nRateLimit-Policy: \"p\"\"q\";q=;w\n", 0, {{0}}},
	{"RateLimit: \"p\";r=-1;t=5\nRateLimit-Policy: \"p\";q=0;w=0\n", 0, {{0}}},
	{"RateLimit: \"p\";r=7;t=x\nRateLimit-Policy: \"p\";q=9;w=0\nX-RateLimit-Limit: 8\n", 1,
		{{LIMIT_REQUESTS, {9, 7, -1, 0, -1}}}},
	/* a better family that says nothing does not hide another */
	{"RateLimit: none\nRateLimit-Limit: none\nX-RateLimit-Limit: 5\n", 1,
		{{LIMIT_REQUESTS, {5, -1, -1, 0, -1}}}},
};

static void check_reported(
	const char *text, const struct reported_limits *all, int n, const struct reported *want)
{
	for (int slot = 0; slot < LIMIT_SLOTS; slot++) {
		struct reported_limit w = {-1, -1, -1, 0, -1};
		const struct reported_limit *reported = &all->at[slot];

		for (int i = 0; i < n; i++) {
			if ((int)want[i].slot == slot)
				w = want[i].limit;
		}
		ck_assert_msg(reported->limit == w.limit && reported->remaining == w.remaining &&
				      reported->reset_us == w.reset_us &&
				      reported->precision_us == w.precision_us &&
				      reported->window_us == w.window_us,
			"%s\nslot %d: %g %g %lld %lld %lld", text, slot, reported->limit,
			reported->remaining, (long long)reported->reset_us,
			(long long)reported->precision_us, (long long)reported->window_us);
	}
}

static void check_cases(const struct headers_case *cases, size_t n)
{
	struct reported_limits all;

	for (size_t i = 0; i < n; i++) {
		const struct headers_case *c = &cases[i];

		ck_assert_msg(
			rate_headers_read(c->text, strlen(c->text), WALL_US, &all) == (c->n > 0),
			"%s", c->text);
		check_reported(c->text, &all, c->n, c->reported);
	}
}

START_TEST(headers_of_every_family)
{
	check_cases(families, COUNT(families));
}
END_TEST

START_TEST(headers_of_every_draft)
{
	check_cases(drafts, COUNT(drafts));
}
END_TEST

START_TEST(odd_headers_report_nothing)
{
	check_cases(odd, COUNT(odd));
}
END_TEST

/* More policies than there are slots, more digits than a number has. */
START_TEST(long_headers_are_read_to_the_end)
{
	static char text[200000];
	struct reported_limits all;
	size_t len = 0;

	len += (size_t)snprintf(text, sizeof(text), "RateLimit-Policy: ");
	for (int i = 0; i < 2000; i++)
		len += (size_t)snprintf(
			text + len, sizeof(text) - len, "\"p%d\";q=%d;w=%d,", i, i + 1, i + 1);
	len += (size_t)snprintf(text + len, sizeof(text) - len, "\nx-ratelimit-limit-tokens: ");
	memset(text + len, '9', 50000);
	len += 50000;
	len += (size_t)snprintf(
		text + len, sizeof(text) - len, "\nx-ratelimit-remaining-tokens: 5\n");
	ck_assert(rate_headers_read(text, len, WALL_US, &all));
	ck_assert_double_eq(all.at[LIMIT_REQUESTS_SECOND].limit, 1);
	ck_assert(all.at[LIMIT_TOKENS].limit < 0);
	ck_assert_double_eq(all.at[LIMIT_TOKENS].remaining, 5);
}
END_TEST

/* A header that is cut off anywhere is read no further than its end: for the sanitiser to see. */
START_TEST(headers_end_where_they_end)
{
	struct reported_limits all;

	for (size_t i = 0; i < COUNT(drafts); i++) {
		for (size_t n = 0; n < strlen(drafts[i].text); n++) {
			char *text = malloc(n + 1);

			ck_assert_ptr_nonnull(text);
			memcpy(text + 1, drafts[i].text, n);
			rate_headers_read(text + 1, n, WALL_US, &all);
			free(text);
		}
	}
}
END_TEST

/* --- bodies --- */

START_TEST(limits_within_an_error_are_read)
{
	static const struct headers_case cases[] = {
		/* OpenRouter */
		{"{\"error\":{\"message\":\"Rate limit exceeded: free-models-per-min. "
		 "\",\"code\":429,"
		 "\"metadata\":{\"headers\":{\"X-RateLimit-Limit\":\"20\","
		 "\"X-RateLimit-Remaining\":\"0\",\"X-RateLimit-Reset\":\"1767225660000\"},"
		 "\"provider_name\":null}},\"user_id\":\"user_1\"}",
			1, {{LIMIT_REQUESTS, {20, 0, 80 * S, MS, -1}}}},
		{" {\"error\" : {\"metadata\":{\"headers\":{\"x-ratelimit-limit-requests\": 20, "
		 "\"RateLimit\":\"limit=7\"}}}}\n",
			1, {{LIMIT_REQUESTS, {7, -1, -1, 0, -1}}}},
		{"", 0, {{0}}},
		{"{\"error\":{\"metadata\":{\"headers\":{\"X-RateLimit-Limit\":\"20\"}}", 0, {{0}}},
		{"{\"error\":{\"metadata\":{\"headers\":[\"X-RateLimit-Limit\"]}}}", 0, {{0}}},
		{"{\"error\":{\"metadata\":{\"headers\":{\"\":\"\",\"X-RateLimit-Limit\":null,"
		 "\"X-RateLimit-Remaining\":{\"a\":1},\"X-RateLimit-Reset\":\"\"}}}}",
			0, {{0}}},
		{"{\"error\":\"X-RateLimit-Limit: 20\"}", 0, {{0}}},
		{"[1]", 0, {{0}}},
	};
	struct reported_limits all;

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct headers_case *c = &cases[i];

		ck_assert_msg(rate_headers_read_body(c->text, strlen(c->text), WALL_US, &all) ==
				      (c->n > 0),
			"%s", c->text);
		check_reported(c->text, &all, c->n, c->reported);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {durations_as_servers_write_them, dates_of_all_forms,
		headers_of_every_family, headers_of_every_draft, odd_headers_report_nothing,
		long_headers_are_read_to_the_end, headers_end_where_they_end,
		limits_within_an_error_are_read, NULL};

	return unit_run("rate headers", tests);
}
