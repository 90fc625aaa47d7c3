/* Buffers, text, numbers and histograms. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/heap.h"
#include "base/histogram.h"
#include "base/parse.h"
#include "base/rng.h"
#include "base/run_clock.h"
#include "base/text.h"
#include "unit.h"

START_TEST(buf_never_passes_its_ceiling)
{
	struct buf b;

	buf_init(&b, 10);
	ck_assert(buf_adds(&b, "12345"));
	ck_assert(!buf_adds(&b, "678901"));
	ck_assert_str_eq(buf_str(&b), "12345");
	ck_assert(buf_addu(&b, 67890));
	ck_assert(!buf_addc(&b, 'x'));
	buf_drop_front(&b, 5);
	ck_assert_str_eq(buf_str(&b), "67890");
	buf_free(&b);
	ck_assert_str_eq(buf_str(&b), "");
	buf_free(&b);
}
END_TEST

START_TEST(sanitiser_shows_what_would_harm)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"plain", "plain"},
		{"a\x1b[2Jb", "a\\x1b[2Jb"},
		{"\r\n\t", "\\r\\n\\t"},
		{"\xc2\x9b", "\\x9b"},
		{"\xe2\x80\xae", "\\u202e"},
		{"\xe2\x80\x8d", "\\u200d"},
		{"👨‍👩‍👧 ❤️!", "👨👩👧 ❤!"},
		{"👨‍", "👨\\u200d"},
		{"👨‍a", "👨\\u200da"},
		{"a️", "a\\ufe0f"},
		{"\xff\xc3", "\\xff\\xc3"},
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"},
		{"caf\xc3\xa9", "caf\xc3\xa9"},
		{"\xf3\xa0\x80\x81", "\\U0e0001"},
	};
	char out[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		text_sanitise(out, sizeof(out), cases[i].in, strlen(cases[i].in));
		ck_assert_str_eq(out, cases[i].out);
	}
}
END_TEST

START_TEST(sanitiser_cuts_between_characters)
{
	char out[5];

	text_sanitise(out, sizeof(out), "abc\xc3\xa9", 5);
	ck_assert_str_eq(out, "abc");
	text_sanitise(out, sizeof(out), "ab\x1b", 3);
	ck_assert_str_eq(out, "ab");
}
END_TEST

START_TEST(numbers_as_people_read_them)
{
	char s[32];

	ck_assert_str_eq(text_count(-1240124566789, s, sizeof(s)), "-1240124566789");
	ck_assert_str_eq(text_count(812, s, sizeof(s)), "812");
	ck_assert_str_eq(text_count(8200, s, sizeof(s)), "8.2k");
	ck_assert_str_eq(text_count(999700, s, sizeof(s)), "1.0M");
	ck_assert_str_eq(text_count(4.9, s, sizeof(s)), "4.9");
	ck_assert_str_eq(text_limit(0.25, s, sizeof(s)), "0.25");
	ck_assert_str_eq(text_limit(165.6087, s, sizeof(s)), "165.6");
	ck_assert_str_eq(text_limit(12345, s, sizeof(s)), "12345");
	ck_assert_str_eq(text_limit(60000, s, sizeof(s)), "60k");
	ck_assert_str_eq(text_limit(1e6, s, sizeof(s)), "1M");
	ck_assert_str_eq(text_latency(640000, s, sizeof(s)), "640ms");
	ck_assert_str_eq(text_latency(3100000, s, sizeof(s)), "3.1s");
	ck_assert_str_eq(text_latency(125000000, s, sizeof(s)), "2m05s");
	ck_assert_str_eq(text_latency(-1, s, sizeof(s)), "-");
	ck_assert_str_eq(text_age(41 * US_PER_S, s, sizeof(s)), "0:41");
	ck_assert_str_eq(text_clock(862 * US_PER_S, s, sizeof(s)), "00:14:22");
	ck_assert_str_eq(text_bytes(1536, s, sizeof(s)), "1.5 KB");
}
END_TEST

START_TEST(times_before_1970_are_times)
{
	static const struct {
		int64_t us;
		const char *text;
	} cases[] = {
		{0, "1970-01-01T00:00:00.000Z"},
		{-1, "1969-12-31T23:59:59.999Z"},
		{-1000, "1969-12-31T23:59:59.999Z"},
		{-US_PER_S, "1969-12-31T23:59:59.000Z"},
		{-US_PER_S - 1, "1969-12-31T23:59:58.999Z"},
		{-86400 * US_PER_S + 123456, "1969-12-31T00:00:00.123Z"},
		{INT64_C(1700000000123456), "2023-11-14T22:13:20.123Z"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[32];
		int64_t again;

		clock_rfc3339(cases[i].us, text, sizeof(text));
		ck_assert_str_eq(text, cases[i].text);
		ck_assert(date_rfc3339(text, strlen(text), &again));
		ck_assert_int_eq(again, clock_whole(cases[i].us, US_PER_MS) * US_PER_MS);
	}
}
END_TEST

START_TEST(numbers_as_people_write_them)
{
	int64_t n = -7;
	double d;

	ck_assert(parse_count("256", 1, 1000, &n) && n == 256);
	ck_assert(parse_count("10k", 1, 100000, &n) && n == 10000);
	ck_assert(!parse_count("0", 1, 10, &n) && !parse_count("1.5", 1, 10, &n));
	ck_assert(!parse_count("", 0, 10, &n) && !parse_count("5x", 0, 10, &n));
	ck_assert(parse_duration_us("500ms", &n) && n == 500000);
	ck_assert(parse_duration_us("2m", &n) && n == 120 * US_PER_S);
	ck_assert(parse_duration_us("1.5s", &n) && n == 1500000);
	ck_assert(parse_duration_us("30", &n) && n == 30 * US_PER_S);
	ck_assert(parse_duration_us("off", &n) && n == 0);
	ck_assert(!parse_duration_us("-1s", &n) && !parse_duration_us("nan", &n));
	ck_assert(parse_bytes("64M", &n) && n == 64 << 20);
	ck_assert(parse_double("0.25", &d) && d == 0.25);
	ck_assert(!parse_double("inf", &d) && !parse_double("0x10", &d));
}
END_TEST

START_TEST(histogram_quantiles_within_its_resolution)
{
	static struct histogram h;

	histogram_clear(&h);
	ck_assert_int_eq(histogram_quantile(&h, 0.5), -1);
	for (int i = 1; i <= 1000; i++)
		histogram_add(&h, i * US_PER_MS);
	ck_assert_int_ge(histogram_quantile(&h, 0.5), 470 * US_PER_MS);
	ck_assert_int_le(histogram_quantile(&h, 0.5), 540 * US_PER_MS);
	ck_assert_int_eq(histogram_quantile(&h, 1.0), 1000 * US_PER_MS);
	for (int i = 1; i < HISTOGRAM_BUCKETS; i++)
		ck_assert_int_gt(histogram_floor_us(i), histogram_floor_us(i - 1));
}
END_TEST

START_TEST(run_clock_leaves_suspensions_out)
{
	const int64_t t0 = 5000 * US_PER_S, tick_us = 100 * US_PER_MS;
	struct run_clock c = {0};

	ck_assert_int_eq(run_clock_at(&c, t0 - 60 * US_PER_S), t0 - 60 * US_PER_S);
	run_clock_watch(&c, t0);
	/* late, as a busy loop is */
	ck_assert_int_eq(run_clock_at(&c, t0 + 2 * US_PER_S), t0 + 2 * US_PER_S);
	ck_assert_int_eq(c.suspended_us, 0);
	/* the first reading behind an hour sees none of it but a tick */
	ck_assert_int_eq(run_clock_at(&c, t0 + 3602 * US_PER_S), t0 + 2 * US_PER_S + tick_us);
	ck_assert_int_eq(c.suspended_us, 3600 * US_PER_S - tick_us);
	ck_assert_int_eq(run_clock_at(&c, t0 + 3603 * US_PER_S), t0 + 3 * US_PER_S + tick_us);
	ck_assert_int_eq(run_clock_at(&c, t0 + 3613 * US_PER_S), t0 + 3 * US_PER_S + 2 * tick_us);
	ck_assert_int_eq(c.suspended_us, 3610 * US_PER_S - 2 * tick_us);
	run_clock_unwatch(&c);
	ck_assert_int_eq(run_clock_at(&c, t0 + 3633 * US_PER_S), t0 + 23 * US_PER_S + 2 * tick_us);
}
END_TEST

START_TEST(cut_counts_cells)
{
	char out[32];

	ck_assert_int_eq(text_cut(out, sizeof(out), "abcdef", 6), 6);
	ck_assert_str_eq(out, "abcdef");
	ck_assert_int_eq(text_cut(out, sizeof(out), "abcdef", 4), 4);
	ck_assert_str_eq(out, "abc~");
}
END_TEST

struct thing {
	int key;
	unsigned number;
};

enum { THINGS = 300 };

static size_t place_of[THINGS];

static bool thing_before(const void *a, const void *b)
{
	return ((const struct thing *)a)->key < ((const struct thing *)b)->key;
}

static void thing_placed(void *ctx, const void *entry, size_t at)
{
	((size_t *)ctx)[((const struct thing *)entry)->number] = at;
}

static const struct heap_kind things = {sizeof(struct thing), thing_before, thing_placed};

static void push_things(struct heap *h, struct rng *r)
{
	for (unsigned i = 0; i < THINGS; i++) {
		struct thing t = {(int)(rng_next(r) % 50), i};

		heap_push(h, &things, place_of, &t);
	}
}

START_TEST(a_heap_gives_the_least_first_and_any_by_its_place)
{
	struct thing first[THINGS], *top;
	struct heap h = {.at = NULL};
	struct rng r;
	int last = -1;

	rng_seed(&r, 7);
	push_things(&h, &r);
	ck_assert_uint_eq(heap_first(&h, &things, first, 20), 20);
	for (int i = 1; i < 20; i++)
		ck_assert_int_le(first[i - 1].key, first[i].key);
	for (unsigned i = 0; i < THINGS; i += 3) {
		const struct thing *t = heap_entry(&h, &things, place_of[i]);

		ck_assert_uint_eq(t->number, i);
		heap_remove(&h, &things, place_of, place_of[i]);
	}
	ck_assert_uint_eq(heap_first(&h, &things, first, THINGS), THINGS - THINGS / 3);
	for (size_t n = 0; (top = heap_top(&h)); n++) {
		ck_assert_int_ge(top->key, last);
		ck_assert_int_eq(top->key, first[n].key);
		ck_assert_uint_ne(top->number % 3, 0);
		last = top->key;
		heap_remove(&h, &things, place_of, 0);
	}
	ck_assert_uint_eq(heap_first(&h, &things, first, 1), 0);
	heap_free(&h);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {buf_never_passes_its_ceiling, sanitiser_shows_what_would_harm,
		sanitiser_cuts_between_characters, numbers_as_people_read_them,
		times_before_1970_are_times, numbers_as_people_write_them,
		histogram_quantiles_within_its_resolution, run_clock_leaves_suspensions_out,
		cut_counts_cells, a_heap_gives_the_least_first_and_any_by_its_place, NULL};

	return unit_run("base", tests);
}
