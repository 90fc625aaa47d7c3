/* Errors by signature, and the attempts kept for looking at. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "core/error_groups.h"
#include "core/history.h"
#include "unit.h"

static struct error_groups groups;
static const int64_t noon_us = INT64_C(1700000040) * US_PER_S; /* a whole minute */

static uint8_t see(enum outcome outcome, int status, const char *message, int64_t wall_us)
{
	const struct error_seen seen = {.outcome = outcome,
		.status = status,
		.code = "code",
		.message = message,
		.id = "item",
		.id_len = 4};

	return error_groups_add(&groups, &seen, wall_us);
}

START_TEST(messages_lose_what_names_the_single_case)
{
	static const struct {
		const char *message, *normal;
	} cases[] = {
		{"", ""},
		{"boom", "boom"},
		{"Please try again in 8.71s.", "Please try again in #."},
		{"Please try again in 6m0s", "Please try again in #"},
		{"Limit 10,000, Used 9312", "Limit #, Used #"},
		{"model 'gpt-9' doesn't exist", "model * doesn't exist"},
		{"The model `a` and \"b c\"", "The model * and *"},
		{"request req_011CQx9ZfD2uVn failed", "request * failed"},
		{"in org-AbCdEfGhIjKl9nOp on tokens", "in * on tokens"},
		{"id 3f2504e0-4f89-11d3-9a0c-0305e82c3301", "id *"},
		{"trace 5bd66ef5095369c7", "trace *"},
		{"line 17: not JSON", "line #: not JSON"},
		{"HTTP 502: <html>", "HTTP #: <html>"},
		{"HTTP/2 stream 13 reset", "HTTP/# stream # reset"},
		{"utf8 and s3 stay", "utf8 and s3 stay"},
		{"an open \"quote", "an open \"quote"},
		{"got \"{\\\"a\\\": \\\"b\\\\\", not \"x\"", "got *, not *"},
	};
	char got[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		error_normalise(cases[i].message, got, sizeof(got));
		ck_assert_str_eq(got, cases[i].normal);
	}
	error_normalise("cut off", got, 4);
	ck_assert_str_eq(got, "cut");
}
END_TEST

START_TEST(the_same_error_is_one_group_with_its_trend)
{
	struct error_group out[8];
	size_t total;
	uint8_t slow, rate;

	error_groups_init(&groups);
	ck_assert_uint_eq(error_groups_list(&groups, noon_us, out, 8, &total), 0);
	slow = see(OUTCOME_TIMEOUT, 0, "no answer in 30s", noon_us);
	rate = see(OUTCOME_RATE_LIMITED, 429, "again in 1s", noon_us);
	ck_assert_uint_ne(slow, rate);
	ck_assert_uint_eq(
		see(OUTCOME_RATE_LIMITED, 429, "again in 2s", noon_us + US_PER_MIN), rate);
	ck_assert_uint_ne(see(OUTCOME_RATE_LIMITED, 503, "again in 2s", noon_us), rate);
	see(OUTCOME_RATE_LIMITED, 429, "again in 9s", noon_us + US_PER_MIN);
	error_groups_items(&groups, rate, 2);
	error_groups_items(&groups, rate, -1);
	error_groups_final(&groups, rate, 1);
	ck_assert_uint_eq(error_groups_list(&groups, noon_us + 3 * US_PER_MIN, out, 2, &total), 2);
	ck_assert_uint_eq(total, 3);
	ck_assert_uint_eq(out[0].id, rate);
	ck_assert_uint_eq(out[0].attempts, 3);
	ck_assert_uint_eq(out[0].items, 1);
	ck_assert_uint_eq(out[0].final, 1);
	ck_assert_str_eq(out[0].message, "again in 1s");
	ck_assert_str_eq(out[0].sample_id, "item");
	ck_assert_uint_eq(out[0].per_minute[6], 1);
	ck_assert_uint_eq(out[0].per_minute[7], 2);
	ck_assert_uint_eq(out[0].per_minute[9], 0);
	ck_assert_int_eq(out[0].first_wall_us, noon_us);
	ck_assert_int_eq(out[0].last_wall_us, noon_us + US_PER_MIN);
	see(OUTCOME_RATE_LIMITED, 429, "again in 9s", noon_us + US_PER_MIN);
	see(OUTCOME_RATE_LIMITED, 429, "again in 9s", noon_us - 60 * US_PER_MIN);
	error_groups_list(&groups, noon_us + 3 * US_PER_MIN, out, 1, &total);
	ck_assert_uint_eq(out[0].attempts, 5);
	ck_assert_uint_eq(out[0].per_minute[7], 3);
	ck_assert_int_eq(out[0].first_wall_us, noon_us - 60 * US_PER_MIN);
	ck_assert_int_eq(out[0].last_wall_us, noon_us + US_PER_MIN);
	error_groups_list(&groups, noon_us + 60 * US_PER_MIN, out, 1, &total);
	ck_assert_uint_eq(out[0].per_minute[7], 0);
	error_groups_free(&groups);
}
END_TEST

START_TEST(too_many_kinds_end_in_the_last_group)
{
	static struct error_group out[ERROR_GROUPS];
	size_t total;
	char message[40];

	error_groups_init(&groups);
	for (int i = 0; i < 1000; i++) {
		snprintf(message, sizeof(message), "kind %c%c", 'a' + i % 26, 'a' + i / 26 % 26);
		see(OUTCOME_CLIENT_ERROR, 400 + i / 676, message, noon_us);
	}
	ck_assert_uint_eq(
		error_groups_list(&groups, noon_us, out, ERROR_GROUPS, &total), ERROR_GROUPS);
	ck_assert_uint_eq(out[0].id, ERROR_GROUPS);
	ck_assert_uint_eq(out[0].attempts, 1000 - (ERROR_GROUPS - 1));
	ck_assert_ptr_nonnull(strstr(out[0].message, "other"));
	error_groups_free(&groups);
}
END_TEST

START_TEST(attempts_of_an_item_come_oldest_first)
{
	struct attempt_view out[DETAIL_ATTEMPTS];
	struct past_attempts past;

	past_attempts_init(&past);
	ck_assert_int_eq(past_attempts_of(&past, 3, out), 0);
	for (int i = 1; i <= 20; i++)
		past_attempts_add(&past, 3, false)->number = i;
	past_attempts_add(&past, 4, false)->number = 1;
	past_attempts_add(&past, 3, true)->number = 21;
	ck_assert_int_eq(past_attempts_of(&past, 3, out), DETAIL_ATTEMPTS);
	for (int i = 0; i < DETAIL_ATTEMPTS; i++)
		ck_assert_int_eq(out[i].number, 21 - DETAIL_ATTEMPTS + 1 + i);
	for (int i = 0; i < PAST_FAILED; i++)
		past_attempts_add(&past, 5, false)->number = i;
	ck_assert_int_eq(past_attempts_of(&past, 3, out), 1);
	ck_assert_int_eq(past_attempts_of(&past, 4, out), 0);
	past_attempts_free(&past);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {messages_lose_what_names_the_single_case,
		the_same_error_is_one_group_with_its_trend, too_many_kinds_end_in_the_last_group,
		attempts_of_an_item_come_oldest_first, NULL};

	return unit_run("error_groups", tests);
}
