/* The mock's texts: headers, scripts, the demo's input. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "mock/demo_input.h"
#include "mock/headers.h"
#include "mock/script.h"
#include "mock/server.h"
#include "mock/stream.h"
#include "unit.h"

START_TEST(resets_as_openai_writes_them)
{
	static const struct {
		int64_t us;
		const char *text;
	} cases[] = {
		{0, "0ms"},
		{11500, "12ms"},
		{US_PER_S, "1s"},
		{1200 * US_PER_MS, "1.200s"},
		{6 * US_PER_MIN, "6m0s"},
		{90 * US_PER_S, "1m30s"},
		{999999, "1s"},
	};
	char text[40];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		header_reset(cases[i].us, text, sizeof(text));
		ck_assert_str_eq(text, cases[i].text);
	}
}
END_TEST

static const char *header_value(const struct header_list *l, const char *name)
{
	for (int i = 0; i < l->n; i++)
		if (strcmp(l->at[i].name, name) == 0)
			return l->at[i].value;
	return "(none)";
}

START_TEST(quotas_in_the_form_of_each_provider)
{
	static const struct {
		int form;
		const char *name, *value;
	} cases[] = {
		{MOCK_HEADERS_OPENAI, "x-ratelimit-limit-requests", "60"},
		{MOCK_HEADERS_OPENAI, "x-ratelimit-remaining-requests", "7"},
		{MOCK_HEADERS_OPENAI, "x-ratelimit-reset-requests", "53s"},
		{MOCK_HEADERS_OPENAI, "x-ratelimit-limit-tokens", "(none)"},
		{MOCK_HEADERS_ANTHROPIC, "anthropic-ratelimit-requests-remaining", "7"},
		{MOCK_HEADERS_ANTHROPIC, "anthropic-ratelimit-requests-reset",
			"1970-01-01T00:00:54Z"},
		{MOCK_HEADERS_AZURE, "x-ratelimit-remaining-requests", "7"},
		{MOCK_HEADERS_AZURE, "x-ratelimit-reset-requests", "53"},
		{MOCK_HEADERS_NONE, "x-ratelimit-limit-requests", "(none)"},
		{MOCK_HEADERS_DRAFT6, "ratelimit-policy", "60;w=1"},
		{MOCK_HEADERS_DRAFT6, "ratelimit-limit", "60"},
		{MOCK_HEADERS_DRAFT6, "ratelimit-reset", "53"},
		{MOCK_HEADERS_DRAFT7, "ratelimit", "limit=60, remaining=7, reset=53"},
		{MOCK_HEADERS_DRAFT8, "ratelimit-policy", "\"requests\";q=60;w=1"},
		{MOCK_HEADERS_DRAFT8, "ratelimit", "\"requests\";r=7;t=53"},
		{MOCK_HEADERS_X, "x-ratelimit-remaining", "7"},
		{MOCK_HEADERS_X, "x-ratelimit-reset", "54"},
		{MOCK_HEADERS_X, "ratelimit", "(none)"},
	};
	const struct model_decision d = {.wait_us = 1200 * US_PER_MS,
		.requests = {.on = true,
			.limit = 60,
			.remaining = 7,
			.reset_us = 53 * US_PER_S,
			.window_us = US_PER_S}};
	struct header_list l;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		l.n = 0;
		header_add_quotas(&l, &d, cases[i].form, 500 * US_PER_MS);
		ck_assert_str_eq(header_value(&l, cases[i].name), cases[i].value);
	}
	l.n = 0;
	header_add_retry_after(&l, &d, MOCK_RETRY_AFTER_NONE);
	ck_assert_int_eq(l.n, 0);
	header_add_retry_after(&l, &d, MOCK_RETRY_AFTER_SECONDS);
	ck_assert_str_eq(header_value(&l, "retry-after"), "2");
	header_add_retry_after(&l, &d, MOCK_RETRY_AFTER_MS);
	ck_assert_str_eq(header_value(&l, "retry-after-ms"), "1200");
}
END_TEST

START_TEST(scripts_are_read_from_a_json_string)
{
	static const char text[] = "\"status=418&body=a%26b%zz&latency=1.5s&drop=0&unknown=1\"";
	struct json_span span = {text, sizeof(text) - 1};
	struct script s;
	struct buf memory;

	buf_init(&memory, 1000);
	script_init(&s);
	script_read(&s, span, &memory);
	ck_assert(s.on && !s.wrong && !s.drop);
	ck_assert_int_eq(s.status, 418);
	ck_assert_int_eq(s.latency_us, 1500 * US_PER_MS);
	ck_assert_str_eq(s.body, "a&b%zz");
	script_set(&s, "retry_after", "2\r\nx: y");
	ck_assert_str_eq(s.wrong, "retry_after");
	buf_free(&memory);
}
END_TEST

START_TEST(demo_lines_are_valid_and_repeatable)
{
	struct buf a, b;

	buf_init(&a, 1 << 16);
	buf_init(&b, 1 << 16);
	for (int64_t line = 1; line <= 300; line++) {
		struct json_want want[] = {
			{.name = "custom_id"}, {.name = "url"}, {.name = "body"}};

		buf_clear(&a);
		buf_clear(&b);
		demo_input_line(1, line, &a);
		demo_input_line(1, line, &b);
		ck_assert_str_eq(buf_str(&a), buf_str(&b));
		ck_assert_int_eq(json_pick(a.data, a.len, want, 3, NULL), JSON_VALUE_OBJECT);
		ck_assert(json_span_is(want[0].value, JSON_VALUE_STRING));
		ck_assert(json_span_is(want[1].value, JSON_VALUE_STRING));
		ck_assert(json_span_is(want[2].value, JSON_VALUE_OBJECT));
	}
	buf_free(&a);
	buf_free(&b);
}
END_TEST

/* What the deltas of chunks add up to, as it stands within JSON; each must be JSON by itself. */
static void add_deltas(const char *text, struct buf *sum)
{
	static const char start[] = "data: {";

	for (const char *at = strstr(text, start); at; at = strstr(at, start)) {
		struct json_span chunk, delta;

		at += sizeof(start) - 2;
		chunk = json_whole(at, strcspn(at, "\n"));
		ck_assert_msg(chunk.at != NULL, "not JSON: %s", at);
		delta = json_find(chunk, "choices.0.delta.content");
		if (delta.len > 2)
			buf_add(sum, delta.at + 1, delta.len - 2);
	}
}

START_TEST(no_piece_of_a_stream_parts_a_letter)
{
	static const char *const told[] = {
		"\xe6\x97\xa5\xe6\x9c\xac \xc3\xa9\xf0\x9f\x98\x80.", "\\n\\\"\\\\\\\"\\u0001\\\\"};
	struct stream s = {.ends = NULL};
	struct buf sum;

	buf_init(&s.text, SIZE_MAX / 2);
	buf_init(&sum, SIZE_MAX / 2);
	for (int i = 0; i < 2 * 40; i++) {
		const struct call c = {.kind = CALL_CHAT, .text = told[i % 2]};

		stream_write(&c, 0, i / 2 + 1, &s);
		ck_assert(s.n > 1 || i / 2 == 0);
		buf_clear(&sum);
		add_deltas(buf_str(&s.text), &sum);
		ck_assert_str_eq(buf_str(&sum), told[i % 2]);
	}
	buf_free(&sum);
	stream_free(&s);
}
END_TEST

START_TEST(an_overdue_answer_never_waits)
{
	ck_assert_int_eq(server_wait_ms(1000, 900000), 0);
	ck_assert_int_eq(server_wait_ms(5000, 5000), 0);
	ck_assert_int_eq(server_wait_ms(5001, 5000), 1);
	ck_assert_int_eq(server_wait_ms(NEVER_US, 5000), -1);
	ck_assert_int_eq(server_wait_ms(NEVER_US - 1, 5000), INT32_MAX);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {resets_as_openai_writes_them,
		quotas_in_the_form_of_each_provider, scripts_are_read_from_a_json_string,
		demo_lines_are_valid_and_repeatable, no_piece_of_a_stream_parts_a_letter,
		an_overdue_answer_never_waits, NULL};

	return unit_run("mock texts", tests);
}
