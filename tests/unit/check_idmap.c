/* The map from hashes to values. */
#include "base/idmap.h"
#include "unit.h"

START_TEST(an_empty_map_has_nothing)
{
	struct idmap m;
	uint32_t v = 7;

	idmap_init(&m);
	ck_assert(!idmap_get(&m, 1, &v));
	ck_assert_uint_eq(v, 7);
	idmap_free(&m);
}
END_TEST

START_TEST(putting_again_replaces)
{
	struct idmap m;
	uint32_t v;

	idmap_init(&m);
	idmap_put(&m, 42, 1);
	idmap_put(&m, 42, 2);
	ck_assert_uint_eq(m.count, 1);
	ck_assert(idmap_get(&m, 42, &v) && v == 2);
	ck_assert(!idmap_get(&m, 43, &v));
	idmap_free(&m);
	ck_assert(!idmap_get(&m, 42, &v));
}
END_TEST

START_TEST(adding_keeps_what_is_there)
{
	struct idmap m;
	uint32_t v = 0;

	idmap_init(&m);
	ck_assert(idmap_add(&m, 42, 1, &v));
	ck_assert(!idmap_add(&m, 42, 2, &v));
	ck_assert_uint_eq(v, 1);
	ck_assert_uint_eq(m.count, 1);
	idmap_free(&m);
}
END_TEST

/* Keys that all choose the same slots, through many doublings. */
START_TEST(colliding_keys_survive_growth)
{
	enum { N = 5000 };
	struct idmap m;
	uint32_t v;

	idmap_init(&m);
	for (uint32_t i = 1; i <= N; i++)
		idmap_put(&m, (uint64_t)i << 12 | 0xfff, i);
	ck_assert_uint_eq(m.count, N);
	ck_assert_uint_le(m.count, m.slots / 4 * 3);
	for (uint32_t i = 1; i <= N; i++) {
		ck_assert(idmap_get(&m, (uint64_t)i << 12 | 0xfff, &v));
		ck_assert_uint_eq(v, i);
	}
	ck_assert(!idmap_get(&m, (uint64_t)(N + 1) << 12 | 0xfff, &v));
	idmap_free(&m);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {an_empty_map_has_nothing, putting_again_replaces,
		adding_keeps_what_is_there, colliding_keys_survive_growth, NULL};

	return unit_run("idmap", tests);
}
