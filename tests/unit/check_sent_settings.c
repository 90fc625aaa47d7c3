/* The settings that change what is sent, over the sessions of a run. */
#include <stdio.h>
#include <string.h>

#include "ledger/sent_settings.h"
#include "plan/answer_headers.h"
#include "unit.h"

static struct sent_settings read_record(const char *record)
{
	struct sent_settings s;

	sent_settings_read(record, strlen(record), &s);
	return s;
}

static unsigned differ(const char *a, const char *b)
{
	struct sent_settings x = read_record(a), y = read_record(b);

	return sent_settings_differ(&x, &y);
}

START_TEST(what_is_known_of_both_is_compared)
{
	static const char all[] =
		"{\"template\":\"01\",\"pipeline\":\"00\",\"provider\":\"openai\","
		"\"answer_headers\":\"00\"}";

	ck_assert_uint_eq(differ(all, all), 0);
	ck_assert_uint_eq(differ(all, "{}"), 0);
	ck_assert_uint_eq(differ(all, "not json"), 0);
	ck_assert_uint_eq(differ(all, "{\"template\":7}"), 0);
	ck_assert_uint_eq(differ(all, "{\"template\":\"02\"}"), 1U << SENT_TEMPLATE);
	ck_assert_uint_eq(differ(all, "{\"provider\":\"azure\"}"), 0);
	ck_assert_uint_eq(differ(all, "{\"provider\":\"raw\",\"pipeline\":\"02\"}"),
		1U << SENT_PROVIDER | 1U << SENT_PIPELINE);
}
END_TEST

START_TEST(they_have_names)
{
	char text[80];

	sent_settings_name(1U << SENT_TEMPLATE, text, sizeof(text));
	ck_assert_str_eq(text, "--template");
	sent_settings_name(1U << SENT_TEMPLATE | 1U << SENT_HEADERS, text, sizeof(text));
	ck_assert_str_eq(text, "--template and a header (-H)");
	sent_settings_name(15, text, sizeof(text));
	ck_assert_str_eq(text, "--template, --pipeline, --provider and a header (-H)");
	sent_settings_name(15, text, 12);
	ck_assert_str_eq(text, "--template,");
}
END_TEST

static void add(struct sent_table *t, const char *record)
{
	sent_table_add(t, record, strlen(record));
}

START_TEST(a_result_without_a_session_is_of_the_first_settings)
{
	struct sent_table t = {.n = 0};

	ck_assert_uint_eq(sent_table_of(&t, 0), 0);
	add(&t, "{\"template\":\"01\",\"answer_headers\":\"00\"}");
	add(&t, "{\"template\":\"02\",\"answer_headers\":\"00\",\"mixed\":true}");
	add(&t, "{\"template\":\"01\",\"answer_headers\":\"00\",\"mixed\":true}");
	ck_assert_uint_eq(t.n, 2);
	ck_assert_uint_eq(sent_table_of(&t, 0), 1);
	ck_assert_uint_eq(sent_table_of(&t, -1), 1);
	ck_assert_uint_eq(sent_table_of(&t, 2), 2);
	ck_assert_uint_eq(sent_table_of(&t, 3), 1);
	ck_assert_uint_eq(sent_table_of(&t, 4), 0); /* of a journal that is gone */
	sent_table_free(&t);
	add(&t, "{\"template\":\"01\"}"); /* of an earlier release */
	ck_assert_uint_eq(sent_table_of(&t, 0), 1);
	add(&t, "{\"template\":\"02\",\"mixed\":true}");
	ck_assert_uint_eq(sent_table_of(&t, 0), 0);
	sent_table_free(&t);
}
END_TEST

START_TEST(of_very_many_the_last_are_not_known)
{
	struct sent_table t = {.n = 0};

	for (int i = 0; i < 200; i++) {
		char record[80];

		snprintf(record, sizeof(record), "{\"template\":\"%02x\",\"answer_headers\":\"0\"}",
			i);
		add(&t, record);
	}
	ck_assert_uint_eq(sent_table_of(&t, SENT_MOST), SENT_MOST);
	ck_assert_uint_eq(sent_table_of(&t, SENT_MOST + 1), 0);
	sent_table_free(&t);
}
END_TEST

static uint64_t hash_of(const char *a, const char *b, bool origins)
{
	char *lines[] = {(char *)a, (char *)b, NULL};

	return answer_headers_hash(lines, origins);
}

START_TEST(headers_that_change_an_answer)
{
	static const char *const none[] = {"Authorization: Bearer x", "X-Api-Key: y",
		"user-agent: z", "X-Request-Id: 1", "traceparent: 2", "Helicone-Cache: 3",
		"x-b3-traceid: 4", "OpenAI-Organization: 5", "Cookie: 6"};
	uint64_t style = hash_of("X-Style: a", NULL, false);

	ck_assert_uint_eq(answer_headers_hash(NULL, false), 0);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		ck_assert_msg(!hash_of(none[i], NULL, false), "%s", none[i]);
	ck_assert(style);
	ck_assert_uint_eq(hash_of("x-style:a ", none[3], false), style);
	ck_assert_uint_ne(hash_of("X-Style: b", NULL, false), style);
	ck_assert_uint_eq(hash_of("anthropic-beta: x", "X-Style: a", false),
		hash_of("X-Style: a", "Anthropic-Beta: x", false));
	ck_assert_uint_ne(hash_of("https://h X-Style: a", NULL, true),
		hash_of("https://g X-Style: a", NULL, true));
	ck_assert(!hash_of("https://h X-Api-Key: a", NULL, true));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {what_is_known_of_both_is_compared, they_have_names,
		a_result_without_a_session_is_of_the_first_settings,
		of_very_many_the_last_are_not_known, headers_that_change_an_answer, NULL};

	return unit_run("sent_settings", tests);
}
