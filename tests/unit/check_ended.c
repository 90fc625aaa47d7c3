/* The items that earlier sessions ended. */
#include "core/ended.h"
#include "unit.h"

static struct ended_items ended;
static struct idmap by_id;

static void add(uint64_t key, uint64_t offset)
{
	ended_add(&ended, &by_id, key, &(struct ended){.offset = offset});
}

static struct idmap_slot *slot_of(uint64_t key)
{
	struct idmap_slot *slot;

	ended_settle(&ended, &by_id);
	slot = idmap_find(&by_id, key);
	ck_assert_ptr_nonnull(slot);
	return slot;
}

static void release(void)
{
	ended_free(&ended);
	idmap_free(&by_id);
}

START_TEST(an_id_is_an_ended_item_until_its_line_is_read)
{
	add(7, 100);
	add(9, 200);
	ck_assert(ended_is(&ended, slot_of(7)->value));
	ck_assert_uint_eq(ended_at(&ended, slot_of(9)->value)->offset, 200);
	ck_assert_uint_eq(ended_take(&ended, slot_of(7), 0).offset, 100);
	ck_assert_uint_eq(slot_of(7)->value, 0);
	ck_assert(!ended_is(&ended, slot_of(7)->value));
	ck_assert(ended_is(&ended, slot_of(9)->value));
	release();
}
END_TEST

START_TEST(the_latest_record_of_an_id_counts)
{
	for (uint64_t offset = 0; offset < 2 * ENDED_PENDING; offset++)
		add(7, offset);
	ck_assert_uint_eq(ended_at(&ended, slot_of(7)->value)->offset, 2 * ENDED_PENDING - 1);
	ck_assert_uint_eq(ended.n, 1);
	release();
}
END_TEST

START_TEST(there_is_room_for_items_beside_them)
{
	ck_assert_uint_eq(ended_room(&ended), ITEM_NONE);
	ck_assert(!ended_is(&ended, ITEM_NONE - 1));
	add(1, 0);
	add(2, 0);
	slot_of(1);
	ck_assert_uint_eq(ended_room(&ended), ITEM_NONE - 2);
	ck_assert(!ended_is(&ended, ended_room(&ended) - 1));
	release();
}
END_TEST

/* Over several chunks; those of which nothing is left are gone. */
START_TEST(memory_is_released_as_they_are_taken)
{
	enum { N = 3 * ENDED_CHUNK + 5, LEFT = ENDED_CHUNK + 1 };

	for (uint32_t i = 0; i < N; i++)
		add((uint64_t)i + 1, i);
	for (uint32_t i = N; i-- > 0;)
		if (i != LEFT)
			ck_assert_uint_eq(
				ended_take(&ended, slot_of((uint64_t)i + 1), i).offset, i);
	ck_assert_ptr_null(ended.chunk[0]);
	ck_assert_ptr_nonnull(ended.chunk[1]);
	ck_assert_ptr_null(ended.chunk[2]);
	ck_assert_uint_eq(ended_at(&ended, slot_of(LEFT + 1)->value)->offset, LEFT);
	release();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {an_id_is_an_ended_item_until_its_line_is_read,
		the_latest_record_of_an_id_counts, there_is_room_for_items_beside_them,
		memory_is_released_as_they_are_taken, NULL};

	return unit_run("ended", tests);
}
