/* The filter language of queries. */
#include <string.h>

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
	};
	struct filter f;
	char error[200];

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

START_TEST(texts_match_anywhere_without_case)
{
	static const struct {
		const char *filter;
		unsigned needs;
		bool passes;
	} cases[] = {
		{"model:gpt", NEED_MODEL, true},
		{"model:GPT-4", NEED_MODEL, true},
		{"model:gpt5", NEED_MODEL, false},
		{"!model:gpt", NEED_MODEL, false},
		{"id:0017", NEED_ID, true},
		{"id:17x", NEED_ID, false},
		{"error:context", NEED_ERROR, true},
		{"prompt", NEED_ID | NEED_ERROR, true},
		{"CONTEXT", NEED_ID | NEED_ERROR, true},
		{"gpt", NEED_ID | NEED_ERROR, false},
		{"!gpt", NEED_ID | NEED_ERROR, true},
		{"\"a:b\"", NEED_ID | NEED_ERROR, false},
		{"!\"a:b\"", NEED_ID | NEED_ERROR, true},
		{"\"Context length\"", NEED_ID | NEED_ERROR, true},
		{"error:\"length exceeded\"", NEED_ERROR, true},
		{"error:length\" exc\"eeded", NEED_ERROR, true},
		{"\"failed\"", NEED_ID | NEED_ERROR, false},
		{"\"state:failed\"", NEED_ID | NEED_ERROR, false},
		{"\"!gpt\"", NEED_ID | NEED_ERROR, false},
		{"id:a:b", NEED_ID, false},
		{"id:\\\"", NEED_ID, false},
		{"prompt error:length model:gpt", NEED_ID | NEED_ERROR | NEED_MODEL, true},
		{"prompt !error:length", NEED_ID | NEED_ERROR, false},
	};
	const struct filter_subject subject = {.id = "prompt-0017",
		.id_len = 11,
		.model = "gpt-4o",
		.model_len = 6,
		.error = "Context length exceeded",
		.error_len = 23};
	struct filter f;
	char error[200];

	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		ck_assert(filter_parse(&f, cases[c].filter, error, sizeof(error)));
		ck_assert_msg(f.needs == cases[c].needs, "%s needs %u", cases[c].filter, f.needs);
		ck_assert_msg(filter_texts(&f, &subject) == cases[c].passes, "%s", cases[c].filter);
	}
}
END_TEST

START_TEST(what_is_wrong_is_said)
{
	static const struct {
		const char *filter, *error;
	} cases[] = {
		{"state:bogus", "no such state"},
		{"outcome:bogus", "no such outcome"},
		{"code:4x", "a whole number"},
		{"attempts:-1", "a whole number"},
		{"line:99999999999", "a whole number"},
		{"ok id:", "\"id:\""},
		{"!", "it needs a value"},
		{"\"\"", "it needs a value"},
		{"id:\"\"", "it needs a value"},
		{"stat:failed",
			"\"stat:\" is no word of a filter: state, outcome, code, attempts,"},
		{"!modl:m-large", "\"modl:\" is no word"},
		{"outcom:ok", "group, line, model, id, error; quote text with a colon"},
		{"latency:>5s", "\"latency:\""},
		{"state :failed", "\":\" is no word"},
		{"http://x", "\"http:\" is no word"},
		{"ok a\x1b:b", "\"a\\x1b:\" is no word"},
		{"ok \"a:b", "its quote is not closed"},
		{"id:\"a", "its quote is not closed"},
		{"id:0123456789012345678901234567890123456789012345678901234567890123456789012345"
		 "67890123456789012345678901234567890123456789012345678901234567890123456789012345"
		 "6789012345678901234567890123456789012345678901234567890123456789",
			"too long"},
		{"a b c d e f g h i j k l m n o p q", "too many words"},
		{"line:\x1b\xff", "\"line:\\x1b\\xff\": it needs a whole"},
	};
	struct filter f;
	char error[200];

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
		"failed", "id:", "line:", "7", "\xff", "a"};
	unsigned seed = 1;

	for (int round = 0; round < 20000; round++) {
		struct filter f;
		char text[120] = "", error[200];

		for (int i = 0; i < 12; i++) {
			seed = seed * 1103515245 + 12345;
			strcat(text, parts[(seed >> 16) % (sizeof(parts) / sizeof(parts[0]))]);
		}
		ck_assert_msg(
			filter_parse(&f, text, error, sizeof(error)) == !error[0], "%s", text);
		for (int i = 0; !error[0] && i < SAMPLES; i++)
			filter_item(&f, &samples[i]);
		for (int i = 0; !error[0] && i < f.n_texts; i++)
			ck_assert_uint_gt(strlen(f.text[i].text), 0);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {phrase_about_the_item_pick_it,
		texts_match_anywhere_without_case, what_is_wrong_is_said,
		any_text_is_a_filter_or_an_error, NULL};

	return unit_run("filter", tests);
}
