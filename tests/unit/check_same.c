/* Who asks the same as whom, and who follows whom. */
#include "work/coalescing.h"

#include "unit.h"

static struct hash128 key(uint64_t n)
{
	/* the same lower half for many: they stand in each other's way */
	return (struct hash128){n % 7, n};
}

START_TEST(the_first_of_a_key_stays_it)
{
	enum { N = 5000 };
	struct same s;

	same_init(&s);
	for (uint32_t i = 0; i < N; i++) {
		struct hash128 k = key(i);

		ck_assert_uint_eq(same_first(&s, &k, i), i);
	}
	for (uint32_t i = 0; i < N; i++) {
		struct hash128 k = key(i);

		ck_assert_uint_eq(same_first(&s, &k, N + i), i);
		same_put(&s, &k, N + i);
		ck_assert_uint_eq(same_first(&s, &k, 0), N + i);
	}
	same_free(&s);
}
END_TEST

START_TEST(a_key_that_is_new_can_be_put)
{
	struct hash128 k = key(3);
	struct same s;

	same_init(&s);
	same_put(&s, &k, 8);
	ck_assert_uint_eq(same_first(&s, &k, 1), 8);
	same_free(&s);
}
END_TEST

START_TEST(followers_leave_in_order)
{
	struct same s;

	same_init(&s);
	ck_assert_uint_eq(same_next(&s, 0), ITEM_NONE);
	for (uint32_t i = 1; i <= 100; i++)
		same_follow(&s, i % 2, i);
	for (uint32_t i = 2; i <= 100; i += 2)
		ck_assert_uint_eq(same_next(&s, 0), i);
	ck_assert_uint_eq(same_next(&s, 0), ITEM_NONE);
	for (uint32_t i = 1; i <= 100; i += 2) {
		ck_assert_uint_eq(same_next(&s, 1), i);
		same_follow(&s, 0, i);
	}
	ck_assert_uint_eq(s.n, 100); /* what is free is used again */
	ck_assert_uint_eq(same_next(&s, 0), 1);
	same_free(&s);
}
END_TEST

START_TEST(followers_go_over_to_another)
{
	static const uint32_t order[] = {20, 21, 10, 11, 12};
	struct same s;

	same_init(&s);
	ck_assert(!same_move(&s, 1, 2));
	same_follow(&s, 1, 10);
	same_follow(&s, 1, 11);
	ck_assert(same_move(&s, 1, 2)); /* to one without any */
	same_follow(&s, 2, 12);
	same_follow(&s, 3, 20);
	same_follow(&s, 3, 21);
	ck_assert(same_move(&s, 2, 3)); /* behind its own */
	ck_assert(same_move(&s, 9, 3));
	ck_assert_uint_eq(same_next(&s, 1), ITEM_NONE);
	ck_assert_uint_eq(same_next(&s, 2), ITEM_NONE);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		ck_assert_uint_eq(same_next(&s, 3), order[i]);
	ck_assert_uint_eq(same_next(&s, 3), ITEM_NONE);
	same_free(&s);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {the_first_of_a_key_stays_it, a_key_that_is_new_can_be_put,
		followers_leave_in_order, followers_go_over_to_another, NULL};

	return unit_run("same", tests);
}
