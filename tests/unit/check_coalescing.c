/* Which items make the same request, and which wait for which. */
#include "work/coalescing.h"

#include "unit.h"

static struct hash128 key(uint64_t n)
{
	/* many have the same lower half: they collide */
	return (struct hash128){n % 7, n};
}

START_TEST(the_first_of_a_key_stays_the_leader)
{
	enum { N = 5000 };
	struct coalescing s;

	coalescing_init(&s);
	for (uint32_t i = 0; i < N; i++) {
		struct hash128 k = key(i);

		ck_assert_uint_eq(coalescing_leader(&s, &k, i), i);
	}
	for (uint32_t i = 0; i < N; i++) {
		struct hash128 k = key(i);

		ck_assert_uint_eq(coalescing_leader(&s, &k, N + i), i);
		coalescing_set_leader(&s, &k, N + i);
		ck_assert_uint_eq(coalescing_leader(&s, &k, 0), N + i);
	}
	coalescing_free(&s);
}
END_TEST

START_TEST(a_new_key_can_get_a_leader)
{
	struct hash128 k = key(3);
	struct coalescing s;

	coalescing_init(&s);
	coalescing_set_leader(&s, &k, 8);
	ck_assert_uint_eq(coalescing_leader(&s, &k, 1), 8);
	coalescing_free(&s);
}
END_TEST

START_TEST(waiters_leave_in_order)
{
	struct coalescing s;

	coalescing_init(&s);
	ck_assert_uint_eq(coalescing_next_waiter(&s, 0), ITEM_NONE);
	for (uint32_t i = 1; i <= 100; i++)
		coalescing_wait(&s, i % 2, i);
	for (uint32_t i = 2; i <= 100; i += 2)
		ck_assert_uint_eq(coalescing_next_waiter(&s, 0), i);
	ck_assert_uint_eq(coalescing_next_waiter(&s, 0), ITEM_NONE);
	for (uint32_t i = 1; i <= 100; i += 2) {
		ck_assert_uint_eq(coalescing_next_waiter(&s, 1), i);
		coalescing_wait(&s, 0, i);
	}
	ck_assert_uint_eq(s.n, 100); /* what is free is used again */
	ck_assert_uint_eq(coalescing_next_waiter(&s, 0), 1);
	coalescing_free(&s);
}
END_TEST

START_TEST(waiters_move_to_another_leader)
{
	static const uint32_t order[] = {20, 21, 10, 11, 12};
	struct coalescing s;

	coalescing_init(&s);
	ck_assert(!coalescing_move_waiters(&s, 1, 2));
	coalescing_wait(&s, 1, 10);
	coalescing_wait(&s, 1, 11);
	ck_assert(coalescing_move_waiters(&s, 1, 2)); /* to one without any */
	coalescing_wait(&s, 2, 12);
	coalescing_wait(&s, 3, 20);
	coalescing_wait(&s, 3, 21);
	ck_assert(coalescing_move_waiters(&s, 2, 3)); /* behind its own */
	ck_assert(coalescing_move_waiters(&s, 9, 3));
	ck_assert_uint_eq(coalescing_next_waiter(&s, 1), ITEM_NONE);
	ck_assert_uint_eq(coalescing_next_waiter(&s, 2), ITEM_NONE);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		ck_assert_uint_eq(coalescing_next_waiter(&s, 3), order[i]);
	ck_assert_uint_eq(coalescing_next_waiter(&s, 3), ITEM_NONE);
	coalescing_free(&s);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {the_first_of_a_key_stays_the_leader,
		a_new_key_can_get_a_leader, waiters_leave_in_order, waiters_move_to_another_leader,
		NULL};

	return unit_run("coalescing", tests);
}
