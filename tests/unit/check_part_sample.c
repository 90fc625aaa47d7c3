/* A sample of the input's lines. */
#include <stdio.h>
#include <string.h>

#include "input/sample.h"
#include "unit.h"

enum { LINES = 1000 };

/* Samples n of the lines "line 0", "line 1", …, from `from` on. */
static struct sample sample_of(size_t n, uint64_t seed, int from)
{
	struct sample s;

	sample_init(&s, n, seed);
	for (int i = from; i < LINES; i++) {
		char text[32];
		struct source_line line = {.text = text,
			.len = (size_t)snprintf(text, sizeof(text), "line %d", i),
			.offset = (uint64_t)(i - from) * 10,
			.number = (uint64_t)(i - from) + 1};

		sample_offer(&s, &line);
	}
	sample_finish(&s);
	return s;
}

static bool has(const struct sample *s, uint64_t number)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->at[i].number == number)
			return true;
	return false;
}

START_TEST(it_is_in_order_and_the_same_each_time)
{
	struct sample a = sample_of(50, 1, 0), b = sample_of(50, 1, 0), c = sample_of(50, 2, 0);
	size_t same = 0;

	ck_assert_uint_eq(a.n, 50);
	ck_assert_uint_eq(a.lines, LINES);
	for (size_t i = 0; i < a.n; i++) {
		ck_assert_uint_eq(a.at[i].number, b.at[i].number);
		ck_assert_uint_eq(a.at[i].offset, (a.at[i].number - 1) * 10);
		ck_assert(!i || a.at[i].number > a.at[i - 1].number);
		same += has(&c, a.at[i].number);
	}
	ck_assert_uint_lt(same, 15); /* 2.5 by chance */
	sample_free(&a);
	sample_free(&b);
	sample_free(&c);
}
END_TEST

START_TEST(a_larger_one_has_all_of_a_smaller_one)
{
	struct sample a = sample_of(20, 7, 0), b = sample_of(60, 7, 0);

	for (size_t i = 0; i < a.n; i++)
		ck_assert(has(&b, a.at[i].number));
	sample_free(&a);
	sample_free(&b);
}
END_TEST

START_TEST(lines_are_chosen_by_their_text)
{
	struct sample a = sample_of(LINES / 10, 1, 0), b = sample_of(LINES / 10, 1, 3);
	size_t same = 0;

	for (size_t i = 0; i < a.n; i++)
		same += a.at[i].number > 3 && has(&b, a.at[i].number - 3);
	ck_assert_uint_ge(same, a.n - 4);
	sample_free(&a);
	sample_free(&b);
}
END_TEST

START_TEST(every_line_has_its_chance)
{
	int chosen[LINES + 1] = {0}, most = 0;

	for (uint64_t seed = 0; seed < 200; seed++) {
		struct sample s = sample_of(LINES / 10, seed, 0);

		for (size_t i = 0; i < s.n; i++)
			chosen[s.at[i].number]++;
		sample_free(&s);
	}
	for (int i = 1; i <= LINES; i++) {
		ck_assert_int_gt(chosen[i], 3); /* 20 each on average */
		most = chosen[i] > most ? chosen[i] : most;
	}
	ck_assert_int_lt(most, 45);
}
END_TEST

START_TEST(few_and_equal_lines)
{
	struct source_line equal = {.text = "same", .len = 4}, large = {.len = 1 << 30};
	struct sample s = sample_of(5 * LINES, 1, 0);

	ck_assert_uint_eq(s.n, LINES);
	sample_free(&s);
	sample_init(&s, 3, 1);
	sample_finish(&s);
	ck_assert_uint_eq(s.n, 0);
	for (equal.number = 1; equal.number < 6; equal.number++)
		sample_offer(&s, &equal);
	sample_finish(&s);
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(s.at[i].number, i + 1);
	sample_free(&s);
	sample_init(&s, 1, 1);
	sample_offer(&s, &large);
	ck_assert(s.at[0].too_long);
	sample_free(&s);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {it_is_in_order_and_the_same_each_time,
		a_larger_one_has_all_of_a_smaller_one, lines_are_chosen_by_their_text,
		every_line_has_its_chance, few_and_equal_lines, NULL};

	return unit_run("sample", tests);
}
