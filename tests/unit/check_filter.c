/* The filter language of queries. */
#include <string.h>
#include <strings.h>

#include "base/find.h"
#include "control/filter.h"
#include "unit.h"

static const struct item samples[] = {
	{.line = 1, .state = ITEM_QUEUED},
	{.line = 2, .state = ITEM_IN_FLIGHT, .attempts = 1},
	{.line = 3,
		.state = ITEM_WAITING,
		.attempts = 3,
		.outcome = OUTCOME_RATE_LIMITED,
		.status = 429,
		.group = 1},
	{.line = 4, .state = ITEM_FAILED, .attempts = 5, .outcome = OUTCOME_TIMEOUT, .group = 2},
	{.line = 5, .state = ITEM_OK, .attempts = 2, .status = 200},
	{.line = 6, .state = ITEM_CANCELLED, .outcome = OUTCOME_CANCELLED},
};
enum { SAMPLES = sizeof(samples) / sizeof(samples[0]) };

START_TEST(phrase_about_the_item_pick_it)
{
	static const struct {
		const char *filter;
		const char *lines; /* of the samples that pass */
	} cases[] = {
		{"", "123456"},
		{"  ", "123456"},
		{"state:failed", "4"},
		{"STATE:Failed", "4"},
		{"failed", "4"},
		{"!failed", "12356"},
		{"state:in_flight", "2"},
		{"in-flight", "2"},
		{"inflight", "2"},
		{"state:ok", "5"},
		{"ok", "5"},
		{"cancelled", "6"},
		{"outcome:ok", "5"},
		{"!outcome:ok", "12346"},
		{"timeout", "4"},
		{"rate_limited", "3"},
		{"outcome:cancelled", "6"},
		{"!ok !failed !cancelled", "123"},
		{"state:failed state:ok", ""},
		{"code:429", "3"},
		{"!code:200 !code:0", "3"},
		{"attempts:2", "345"},
		{"!attempts:2", "126"},
		{"attempts:2 !failed", "35"},
		{"group:2", "4"},
		{"!group:0", "34"},
		{"line:6", "6"},
		{"line:2-4", "234"},
		{"line:>4", "56"},
		{"line:>=4", "456"},
		{"line:<2,5-6", "156"},
		{"!line:2-5", "16"},
		{"state:failed,held,ok", "45"},
		{"!state:failed,ok", "1236"},
		{"state:in-flight,\"waiting\"", "23"},
		{"outcome:timeout,rate_limited", "34"},
		{"code:4xx", "3"},
		{"code:2xx,4XX", "35"},
		{"code:400-499", "3"},
		{"!code:5xx,4xx,0", "5"},
		{"attempts:=2", "5"},
		{"attempts:>2", "34"},
		{"attempts:<=1", "126"},
		{"attempts:1-2", "25"},
		{"group:1,2", "34"},
	};
	struct filter f;
	char error[400];

	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		char got[SAMPLES + 1] = "";

		ck_assert_msg(filter_parse(&f, cases[c].filter, error, sizeof(error)), "%s: %s",
			cases[c].filter, error);
		ck_assert_uint_eq(f.needs, 0);
		for (int i = 0; i < SAMPLES; i++)
			if (filter_item(&f, &samples[i]))
				got[strlen(got)] = (char)('0' + samples[i].line);
		ck_assert_msg(!strcmp(got, cases[c].lines), "\"%s\" gives %s, not %s",
			cases[c].filter, got, cases[c].lines);
	}
}
END_TEST

#define ID         FIELD_BIT(FIELD_ID)
#define MODEL      FIELD_BIT(FIELD_MODEL)
#define ERROR_TEXT FIELD_BIT(FIELD_ERROR)

START_TEST(texts_match_anywhere_without_case)
{
	static const struct {
		const char *filter;
		unsigned needs;
		bool passes;
	} cases[] = {
		{"model:gpt", MODEL, true},
		{"model:GPT-4", MODEL, true},
		{"model:gpt5", MODEL, false},
		{"!model:gpt", MODEL, false},
		{"id:0017", ID, true},
		{"id:17x", ID, false},
		{"error:context", ERROR_TEXT, true},
		{"prompt", ID | ERROR_TEXT, true},
		{"CONTEXT", ID | ERROR_TEXT, true},
		{"gpt", ID | ERROR_TEXT, false},
		{"!gpt", ID | ERROR_TEXT, true},
		{"\"a:b\"", ID | ERROR_TEXT, false},
		{"!\"a:b\"", ID | ERROR_TEXT, true},
		{"\"Context length\"", ID | ERROR_TEXT, true},
		{"error:\"length exceeded\"", ERROR_TEXT, true},
		{"error:length\" exc\"eeded", ERROR_TEXT, true},
		{"\"failed\"", ID | ERROR_TEXT, false},
		{"\"state:failed\"", ID | ERROR_TEXT, false},
		{"\"!gpt\"", ID | ERROR_TEXT, false},
		{"id:a:b", ID, false},
		{"id:\\\"", ID, false},
		{"prompt error:length model:gpt", ID | ERROR_TEXT | MODEL, true},
		{"prompt !error:length", ID | ERROR_TEXT, false},
		{"model:claude,GPT", MODEL, true},
		{"!model:claude,gpt", MODEL, false},
		{"model:\"claude,gpt\"", MODEL, false},
		{"id:a,prompt", ID, false},
	};
	const struct filter_subject subject = {
		.text = {[FIELD_ID] = {"prompt-0017", 11},
			[FIELD_MODEL] = {"gpt-4o", 6},
			[FIELD_ERROR] = {"Context length exceeded", 23}}};
	struct filter f;
	char error[400];

	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		ck_assert(filter_parse(&f, cases[c].filter, error, sizeof(error)));
		ck_assert_msg(f.needs == cases[c].needs, "%s needs %u", cases[c].filter, f.needs);
		ck_assert_msg(
			filter_values(&f, ~0u, &subject) == cases[c].passes, "%s", cases[c].filter);
	}
}
END_TEST

START_TEST(numbers_from_files_are_compared)
{
	static const struct {
		const char *filter;
		bool passes, passes_without; /* when the item has none of these numbers */
	} cases[] = {
		{"latency:>5s", true, false},
		{"latency:<5s", false, false},
		{"!latency:<5s", true, true},
		{"latency:>=6s,<1ms", true, false},
		{"latency:5999ms-6001ms", true, false},
		{"first:<400ms", true, false},
		{"tokens:>1000", true, false},
		{"tokens:1k-2k", true, false},
		{"tokens_out:57", true, false},
		{"tokens_in:>2000", false, false},
		{"cost:>0.01", true, false},
		{"cost:<=$0.0125", true, false},
		{"cost:>0.0125", false, false},
		{"tag:yes", true, false},
		{"tag:no", false, false},
		{"!tag:yes", false, true},
		{"latency:>5s !tokens:>5000 cost:0.01-0.02", true, false},
	};
	struct filter_subject has = {.number = {[FIELD_LATENCY] = 6000000,
					     [FIELD_FIRST] = 350000,
					     [FIELD_TOKENS] = 1500,
					     [FIELD_TOKENS_IN] = 1443,
					     [FIELD_TOKENS_OUT] = 57,
					     [FIELD_COST] = 12500000,
					     [FIELD_TAG] = 1}},
			      none;
	struct filter f;
	char error[400];

	for (int i = 0; i < FIELD_COUNT; i++)
		none.number[i] = -1;
	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		ck_assert_msg(filter_parse(&f, cases[c].filter, error, sizeof(error)), "%s: %s",
			cases[c].filter, error);
		ck_assert_msg(
			filter_values(&f, ~0u, &has) == cases[c].passes, "%s", cases[c].filter);
		ck_assert_msg(filter_values(&f, ~0u, &none) == cases[c].passes_without,
			"%s without", cases[c].filter);
	}
}
END_TEST

/* Words of which not all fields are known are no reason to read no more. */
START_TEST(only_words_about_what_is_known_count)
{
	struct filter_subject s = {.text = {[FIELD_ID] = {"a", 1}}};
	struct filter f;
	char error[400];

	ck_assert(filter_parse(&f, "id:a latency:>5s answer:no b", error, sizeof(error)));
	ck_assert(filter_values(&f, FIELD_BIT(FIELD_ID), &s));
	ck_assert(filter_values(&f, 0, &s));
	ck_assert(!filter_values(&f, FIELD_BIT(FIELD_ID) | FIELD_BIT(FIELD_LATENCY), &s));
}
END_TEST

START_TEST(a_text_that_json_may_hide_is_decoded)
{
	static const struct {
		const char *filter, *json;
		bool may;
	} cases[] = {
		{"answer:refund", "{\"content\":\"Your REFUND is on its way\"}", true},
		{"answer:refund", "{\"content\":\"no\"}", false},
		{"answer:refund", "{\"content\":\"\\u0072efund\"}", true},
		{"answer:caf\xc3\xa9", "{\"content\":\"caf\\u00e9\"}", true},
		{"answer:\"say \\\"hi\\\"\"", "{}", true},
		{"answer:a/b", "{}", true},
		{"answer:refund", "{\"content\":\"a \\u003cb\\u003e \\u001b caf\\u00e9\"}", false},
		{"answer:<b", "{\"content\":\"a \\u003cb\\u003e\"}", true},
		{"answer:refund", "{\"content\":\"\\u0052\"}", true},
		{"answer:refund", "{\"content\":\"\\u00", false},
		{"answer:refund", "{\"content\":\"\\\\u0072efund\"}", false},
		{"id:x", "{}", false},
		{"!answer:refund id:x", "{\"content\":\"x\"}", false},
	};
	struct filter f;
	char error[400];

	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		ck_assert(filter_parse(&f, cases[c].filter, error, sizeof(error)));
		ck_assert_msg(filter_may_hold(&f, FIELD_ANSWER, cases[c].json,
				      strlen(cases[c].json)) == cases[c].may,
			"%s in %s", cases[c].filter, cases[c].json);
	}
}
END_TEST

START_TEST(text_is_found_wherever_it_is)
{
	static const char alphabet[] = "aAbBq \"1\xc3";
	unsigned seed = 7;

	for (int round = 0; round < 20000; round++) {
		char in[40], text[5];
		size_t len, n;
		bool there = false;

		seed = seed * 1103515245 + 12345;
		len = (seed >> 16) % (sizeof(in) - 1);
		n = 1 + (seed >> 24) % 4;
		for (size_t i = 0; i < len + n; i++) {
			seed = seed * 1103515245 + 12345;
			*(i < len ? &in[i] : &text[i - len]) = alphabet[(seed >> 16) % 9];
		}
		text[n] = '\0';
		for (size_t i = 0; i < n; i++)
			text[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
		for (size_t at = 0; at + n <= len; at++)
			there |= !strncasecmp(in + at, text, n);
		ck_assert_msg(find_folded(in, len, text) == there, "%.*s in %.*s", (int)n, text,
			(int)len, in);
	}
}
END_TEST

START_TEST(what_is_wrong_is_said)
{
	static const struct {
		const char *filter, *error;
	} cases[] = {
		{"state:bogus", "unknown state"},
		{"outcome:bogus", "unknown outcome"},
		{"code:4x", "\"4x\": code: takes"},
		{"attempts:-1", "attempts: takes >2"},
		{"line:99999999999", "line: takes 17, 10-20, >1000"},
		{"ok id:", "\"id:\""},
		{"!", "it needs a value"},
		{"\"\"", "it needs a value"},
		{"id:\"\"", "it needs a value"},
		{"stat:failed", "\"stat:\": did you mean state:"},
		{"!modl:m-large", "did you mean model:; quote text with a colon. Words: line, id,"},
		{"ended:>5", "unknown filter word \"ended:\""},
		{"latency:5s", "\"5s\": latency: takes >5s, <200ms, 1s-2s"},
		{"latency:>fast", "\">fast\": latency: takes"},
		{"latency:>off", "latency: takes"},
		{"latency:2s-1s", "latency: takes"},
		{"latency:>5s,", "a value is missing next to a comma"},
		{"state:failed,,ok", "a value is missing"},
		{"state:failed,bogus", "\"bogus\": unknown state; the states are queued, waiting"},
		{"code:6x", "code: takes 429, 5xx, 500-503"},
		{"code:>5xx", "code: takes"},
		{"cost:0.01", "cost: takes >0.01"},
		{"cost:>-1", "cost: takes"},
		{"tag:maybe", "tag: takes yes, no"},
		{"state :failed", "unknown filter word \":\""},
		{"http://x", "unknown filter word \"http:\""},
		{"ok a\x1b:b", "unknown filter word \"a\\x1b:\""},
		{"ok \"a:b", "its closing quote is missing"},
		{"id:\"a", "its closing quote is missing"},
		{"id:0123456789012345678901234567890123456789012345678901234567890123456789012345"
		 "67890123456789012345678901234567890123456789012345678901234567890123456789012345"
		 "6789012345678901234567890123456789012345678901234567890123456789",
			"too long"},
		{"a b c d e f g h i j k l m n o p q", "too many words"},
		{"line:\x1b\xff", "\"\\x1b\\xff\": line: takes"},
	};
	struct filter f;
	char error[400];

	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		ck_assert(!filter_parse(&f, cases[c].filter, error, sizeof(error)));
		ck_assert_msg(
			strstr(error, cases[c].error) != NULL, "%s: %s", cases[c].filter, error);
	}
}
END_TEST

START_TEST(any_text_is_a_filter_or_an_error)
{
	static const char *const parts[] = {"\"", "\"", ":", "!", "\\", " ", "\t", "state",
		"failed", "id:", "line:", "7", "\xff", "a", ",", "-", ">", "model:"};
	unsigned seed = 1;

	for (int round = 0; round < 20000; round++) {
		struct filter f;
		char text[120] = "", error[400];

		for (int i = 0; i < 12; i++) {
			seed = seed * 1103515245 + 12345;
			strcat(text, parts[(seed >> 16) % (sizeof(parts) / sizeof(parts[0]))]);
		}
		ck_assert_msg(
			filter_parse(&f, text, error, sizeof(error)) == !error[0], "%s", text);
		for (int i = 0; !error[0] && i < SAMPLES; i++)
			filter_item(&f, &samples[i]);
		for (int i = 0; !error[0] && i < f.n_words; i++)
			for (int v = 0; f.word[i].text && v < f.word[i].n; v++)
				ck_assert_uint_gt(strlen(f.value[f.word[i].first + v].text), 0);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {phrase_about_the_item_pick_it,
		texts_match_anywhere_without_case, numbers_from_files_are_compared,
		only_words_about_what_is_known_count, a_text_that_json_may_hide_is_decoded,
		text_is_found_wherever_it_is, what_is_wrong_is_said,
		any_text_is_a_filter_or_an_error, NULL};

	return unit_run("filter", tests);
}
