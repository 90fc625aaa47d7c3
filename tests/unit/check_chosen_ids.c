/* Ids and lines of somebody's choosing: two that fall together under the public XXH3 are still two
 * items, and what an earlier release wrote is still known. */
#include <stdio.h>
#include <string.h>

#include "base/keyed_hash.h"
#include "rig.h"
#include "unit.h"

static struct rig rig;

/* ---- keyed hashes ---- */

/* From the reference of SipHash: key 00 01 … 0f, text 00 01 …, in the order of their bytes. */
START_TEST(siphash_is_that_of_its_authors)
{
	static const struct {
		size_t len;
		uint64_t narrow, low, high;
	} cases[] = {
		{0, UINT64_C(0x726fdb47dd0e0e31), UINT64_C(0xe6a825ba047f81a3),
			UINT64_C(0x930255c71472f66d)},
		{1, UINT64_C(0x74f839c593dc67fd), UINT64_C(0x44af996bd8c187da),
			UINT64_C(0x45fc229b11597634)},
		{15, UINT64_C(0xa129ca6149be45e5), 0, 0},
	};
	const struct hash_key key = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};
	unsigned char text[16];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (unsigned char)i;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hash128 h = hash_keyed_wide(&key, text, cases[i].len);

		ck_assert_msg(hash_keyed(&key, text, cases[i].len) == cases[i].narrow, "%zu",
			cases[i].len);
		if (cases[i].low) {
			ck_assert_uint_eq(h.low, cases[i].low);
			ck_assert_uint_eq(h.high, cases[i].high);
		}
	}
}
END_TEST

START_TEST(keys_are_of_their_own)
{
	struct error err = {""};
	struct hash_key a, b, c;

	ck_assert(hash_key_make(&a, &err) && hash_key_make(&b, &err));
	ck_assert(a.low != b.low && a.high != b.high);
	c = hash_key_for(&a, "ids");
	ck_assert(c.low != a.low && hash_key_for(&a, "lines").low != c.low);
	ck_assert(hash_key_for(&a, "ids").high == c.high);
	ck_assert_uint_ne(hash_keyed(&a, "x", 1), hash_keyed(&b, "x", 1));
}
END_TEST

START_TEST(digits_are_read_back)
{
	static const char *const bad[] = {"", "0123456789abcdef",
		"0123456789abcdef0123456789abcdeg", "0123456789ABCDEF0123456789ABCDEF"};
	static const char good[] = "0000000000000007fedcba9876543210";
	uint64_t high, low;

	ck_assert(hash_read_digits(good, strlen(good), &high, &low));
	ck_assert(high == 7 && low == UINT64_C(0xfedcba9876543210));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert(!hash_read_digits(bad[i], strlen(bad[i]), &high, &low));
}
END_TEST

START_TEST(every_byte_is_a_digit_or_refused)
{
	static const char digits_of_16[] = "0123456789abcdef";
	char text[HASH_DIGITS];

	for (size_t at = 0; at < HASH_DIGITS; at++) {
		for (int byte = 0; byte < 256; byte++) {
			const char *digit = memchr(digits_of_16, byte, 16);
			uint64_t half[2] = {1, 1}, want[2] = {0, 0};

			memset(text, '0', sizeof(text));
			text[at] = (char)byte;
			ck_assert_int_eq(hash_read_digits(text, sizeof(text), &half[0], &half[1]),
				digit != NULL);
			if (!digit)
				continue;
			want[at / 16] = (uint64_t)(digit - digits_of_16) << 4 * (15 - at % 16);
			ck_assert(half[0] == want[0] && half[1] == want[1]);
		}
	}
}
END_TEST

/* ---- ids that fall together ---- */

enum { ID_LEN = 2100 };

/* One of two ids with the same hash_bytes(): where XXH3 adds up the lanes of a block, a bit moves
 * from one stripe to another, and its public secret says where the products stay equal. */
static const char *chosen_id(bool second)
{
	static char id[2][ID_LEN + 1];
	char *out = id[second];

	memset(out, 'a', ID_LEN);
	memcpy(out + 128, "####", 4);
	memcpy(out + 576, "u'+A", 4);
	out[128 + 4] = second ? 'a' : '`';
	out[576 + 4] = second ? '`' : 'a';
	return out;
}

static void feed_id(const char *id)
{
	char line[ID_LEN + 400];

	snprintf(line, sizeof(line),
		"{\"custom_id\":\"%s\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\","
		"\"body\":{\"model\":\"m\",\"messages\":[]}}",
		id);
	rig_feed(&rig, line);
}

START_TEST(the_two_fall_together)
{
	ck_assert_str_ne(chosen_id(false), chosen_id(true));
	ck_assert_uint_eq(
		hash_bytes(chosen_id(false), ID_LEN), hash_bytes(chosen_id(true), ID_LEN));
}
END_TEST

START_TEST(one_that_ended_does_not_stand_for_the_other)
{
	rig_open(&rig, RIG(.concurrency = 4));
	feed_id(chosen_id(false));
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	rig_reopen(&rig, false);
	feed_id(chosen_id(false));
	feed_id(chosen_id(true));
	rig_feed_end(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->queued, 1);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 2);
	ck_assert_int_eq(rig_grep(&rig, "results", "custom_id"), 2);
}
END_TEST

START_TEST(one_between_two_equal_ones_hides_nothing)
{
	rig_open(&rig, RIG(.concurrency = 4));
	feed_id(chosen_id(false));
	feed_id(chosen_id(true));
	feed_id(chosen_id(false));
	rig_feed_end(&rig);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 2);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
}
END_TEST

START_TEST(a_doubt_of_one_is_none_of_the_other)
{
	rig_open(&rig, RIG(.concurrency = 4));
	feed_id("c");
	feed_id(chosen_id(false));
	feed_id(chosen_id(true));
	rig_feed_end(&rig);
	rig_run_out(&rig);
	engine_doubted(rig.engine,
		(const struct answer_name[]){{.item = 0, .attempt = 1}, {.item = 1, .attempt = 1}},
		2, false, rig.now_us, 0);
	rig_reopen(&rig, false);
	feed_id("c");
	feed_id(chosen_id(false));
	feed_id(chosen_id(true));
	ck_assert_uint_eq(rig_view(&rig)->doubtful, 2);
}
END_TEST

/* ---- lines ---- */

static void close_and_edit(const char *command)
{
	char shell[400];

	rig_close(&rig);
	snprintf(shell, sizeof(shell), "cd %s && %s", rig.folder, command);
	ck_assert_int_eq(system(shell), 0);
}

static void run_three(void)
{
	rig_open(&rig, RIG(.concurrency = 4));
	rig_feed_many(&rig, "a", 3);
	rig_feed_end(&rig);
	rig_run_out(&rig);
}

START_TEST(another_run_has_other_hashes_of_the_same_lines)
{
	char first[2][200], name[120];
	FILE *f;

	for (int i = 0; i < 2; i++) {
		char *line = NULL, *hash;
		size_t size = 0;

		run_three();
		snprintf(name, sizeof(name), "%s/out.jsonl", rig.folder);
		f = fopen(name, "r");
		ck_assert(f && getline(&line, &size, f) > 0);
		fclose(f);
		hash = strstr(line, "\"line_hash\":\"");
		ck_assert_ptr_nonnull(hash);
		snprintf(first[i], sizeof(first[i]), "%.45s", hash);
		ck_assert_int_eq((int)strspn(hash + 13, "0123456789abcdef"), HASH_DIGITS);
		free(line);
	}
	ck_assert_str_ne(first[0], first[1]);
}
END_TEST

START_TEST(a_changed_line_is_known_in_every_later_session)
{
	run_three();
	for (int session = 0; session < 2; session++) {
		rig_reopen(&rig, false);
		rig_feed_many(&rig, "a", 3);
		ck_assert_uint_eq(rig_counts(&rig)->ok, 3);
		ck_assert(!engine_input_refused(rig.engine));
		feed_id("b0");
	}
	rig_reopen(&rig, false);
	feed_id("a0");
	ck_assert(engine_input_refused(rig.engine));
}
END_TEST

/* As an earlier release wrote them: no seed, hashes without a key. */
START_TEST(a_ledger_without_a_seed_goes_on)
{
	run_three();
	close_and_edit("sed -i 's/,\"results\":0,\"seed\":\"[0-9a-f]*\"//' out.journal && "
		       "sed -i 's/\"line_hash\":\"[0-9a-f]*\"/\"line_hash\":\"0123456789abcdef\"/' "
		       "out.jsonl");
	rig_reopen(&rig, false);
	rig_feed_many(&rig, "a", 1);
	ck_assert_msg(engine_input_refused(rig.engine), "a hash that is told is compared");
	close_and_edit("sed -i 's/\"line_hash\":\"[0-9a-f]*\",//' out.jsonl");
	for (int session = 0; session < 2; session++) {
		rig_reopen(&rig, false);
		rig_feed_many(&rig, "a", 4);
		rig_feed_end(&rig);
		ck_assert_uint_eq(rig_counts(&rig)->ok, 3 + (unsigned)session);
		rig_run_out(&rig);
		ck_assert_uint_eq(rig_counts(&rig)->ok, 4);
	}
}
END_TEST

/* Nobody can say any more what the lines were: they count as they are. */
START_TEST(a_lost_journal_takes_the_seed_along)
{
	run_three();
	close_and_edit("rm out.journal");
	for (int session = 0; session < 3; session++) {
		rig_reopen(&rig, false);
		rig_feed_many(&rig, "a", 4);
		rig_feed_end(&rig);
		ck_assert(!engine_input_refused(rig.engine));
		rig_run_out(&rig);
		ck_assert_uint_eq(rig_counts(&rig)->ok, 4);
	}
	ck_assert_int_eq(rig_grep(&rig, "results", "custom_id"), 4);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {siphash_is_that_of_its_authors, keys_are_of_their_own,
		digits_are_read_back, every_byte_is_a_digit_or_refused, the_two_fall_together,
		one_that_ended_does_not_stand_for_the_other,
		one_between_two_equal_ones_hides_nothing, a_doubt_of_one_is_none_of_the_other,
		another_run_has_other_hashes_of_the_same_lines,
		a_changed_line_is_known_in_every_later_session, a_ledger_without_a_seed_goes_on,
		a_lost_journal_takes_the_seed_along, NULL};

	return unit_run_suite(&(struct unit_suite){
		.name = "chosen ids", .tests = tests, .tear_down = rig_tear_down});
}
