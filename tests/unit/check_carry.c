/* Records that travel to a dashboard: no member is missing, each arrives as it was, and what
 * arrives can be shown whatever it says. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/rng.h"
#include "carry/snapshot.h"
#include "carry/tables.h"
#include "port.h"
#include "unit.h"

enum { TEXT_MAX = 1 << 20 };

static const struct {
	const char *name;
	const struct carry_field *fields;
	size_t size;
} records[] = {
	{"snapshot", carry_snapshot_fields, sizeof(struct snapshot)},
	{"item_row", carry_item_row_fields, sizeof(struct item_row)},
	{"rows_info", carry_rows_info_fields, sizeof(struct rows_info)},
	{"error_group", carry_group_fields, sizeof(struct error_group)},
	{"event", carry_event_fields, sizeof(struct event)},
	{"attempt_view", carry_attempt_fields, sizeof(struct attempt_view)},
	{"error_hits", carry_hits_fields, sizeof(struct error_hits)},
	{"usage_row", carry_usage_fields, sizeof(struct usage_row)},
	{"chart_slot", carry_slot_fields, sizeof(struct chart_slot)},
};

enum { RECORDS = sizeof(records) / sizeof(records[0]) };

/* ---- no member is missing ---- */

static size_t count(const struct carry_field *f)
{
	return f->n ? f->n : 1;
}

static void cover(const struct carry_field *fields, unsigned char *map)
{
	for (const struct carry_field *f = fields; f->name; f++)
		for (size_t i = 0; i < count(f); i++) {
			unsigned char *at = map + f->offset + i * f->size;

			if (f->fields)
				cover(f->fields, at);
			else
				memset(at, 1, f->size);
		}
}

/* Padding ends where an aligned member, or the record, begins or ends. */
static bool is_padding(size_t from, size_t to)
{
	size_t gap = to - from;

	return gap < 8 && ((to % 8 == 0) || (to % 4 == 0 && gap < 4));
}

static void must_be_whole(const char *name, const struct carry_field *fields, size_t size)
{
	static unsigned char map[sizeof(struct snapshot)];
	size_t from;

	memset(map, 0, sizeof(map));
	cover(fields, map);
	for (size_t i = 0; i < size; i++) {
		if (map[i])
			continue;
		for (from = i; i < size && !map[i]; i++)
			;
		ck_assert_msg(
			is_padding(from, i), "%s: bytes %zu to %zu are not carried", name, from, i);
	}
}

START_TEST(no_member_is_missing)
{
	for (int i = 0; i < RECORDS; i++)
		must_be_whole(records[i].name, records[i].fields, records[i].size);
}
END_TEST

/* ---- each arrives as it was ---- */

static int64_t some_number(struct rng *r, int64_t most)
{
	return most ? (int64_t)(rng_next(r) % (uint64_t)most) : (int64_t)(rng_next(r) >> 34);
}

static void fill_value(struct rng *r, const struct carry_field *f, char *at)
{
	switch (f->kind) {
	case CARRY_BOOL:
		*(bool *)at = rng_next(r) & 1;
		break;
	case CARRY_INT:
	case CARRY_ENUM:
		*(int *)at = (int)some_number(r, f->most);
		break;
	case CARRY_BYTE:
		*(uint8_t *)at = (uint8_t)some_number(r, f->most);
		break;
	case CARRY_UINT32:
		*(uint32_t *)at = (uint32_t)rng_next(r);
		break;
	case CARRY_UINT64:
		*(uint64_t *)at = rng_next(r);
		break;
	case CARRY_INT64:
		*(int64_t *)at = (int64_t)rng_next(r);
		break;
	case CARRY_FLOAT:
		*(float *)at = (float)some_number(r, 1000) / 8;
		break;
	case CARRY_REAL:
		*(double *)at = (double)some_number(r, 1 << 30) / 4 - 1;
		break;
	case CARRY_TEXT:
		memset(at, 0, f->size);
		snprintf(at, f->size, "%llx \xc3\xa9\"\\", (unsigned long long)rng_next(r));
		break;
	case CARRY_RECORD:
	case CARRY_ROW:
		break;
	}
}

/* share: one of so many members gets another value. */
static void fill(struct rng *r, const struct carry_field *fields, char *record, unsigned share)
{
	for (const struct carry_field *f = fields; f->name; f++)
		for (size_t i = 0; i < count(f); i++) {
			char *at = record + f->offset + i * f->size;

			if (f->fields)
				fill(r, f->fields, at, share);
			else if (rng_next(r) % share == 0)
				fill_value(r, f, at);
		}
}

static struct json_span written(struct buf *out, const struct json_writer *w)
{
	struct json_span v = json_whole(buf_str(out), out->len);

	ck_assert(json_writer_fits(w));
	ck_assert_ptr_nonnull(v.at);
	return v;
}

static void must_arrive(const struct carry_field *fields, size_t size)
{
	static char record[sizeof(struct snapshot)], base[sizeof(record)], read[sizeof(record)];
	struct rng r;

	rng_seed(&r, 7);
	memset(record, 0, size);
	memset(base, 0, size);
	memset(read, 0, size);
	for (int round = 0; round < 20; round++) {
		struct json_writer w;
		struct buf out;

		fill(&r, fields, record, round ? 20 : 1);
		buf_init(&out, TEXT_MAX);
		w = json_writer_to(&out);
		carry_write(&w, fields, record, round ? base : NULL, size);
		carry_read(written(&out, &w), fields, read);
		memcpy(base, record, size);
		buf_clear(&out);
		w = json_writer_to(&out);
		ck_assert_uint_eq(carry_write(&w, fields, read, record, size), 0);
		ck_assert_str_eq(buf_str(&out), "{}");
		buf_free(&out);
	}
}

START_TEST(each_record_arrives_as_it_was)
{
	for (int i = 0; i < RECORDS; i++)
		must_arrive(records[i].fields, records[i].size);
}
END_TEST

/* ---- a history that moves ---- */

static void send(
	const struct snapshot *s, struct snapshot *base, struct snapshot *read, size_t most)
{
	struct json_writer w;
	struct buf out;

	buf_init(&out, TEXT_MAX);
	w = json_writer_to(&out);
	carry_snapshot_write(&w, s, base);
	carry_snapshot_read(written(&out, &w), read);
	ck_assert_mem_eq(read, s, sizeof(*s));
	ck_assert_uint_le(out.len, most);
	buf_free(&out);
}

/* By so many seconds. */
static void move_history(struct snapshot *s, int by)
{
	for (; by; by--) {
		struct history_second *h = s->history;

		memmove(h, h + 1, (HISTORY_SECONDS - 1) * sizeof(*h));
		memset(&h[HISTORY_SECONDS - 1], 0, sizeof(*h));
		h[HISTORY_SECONDS - 1].answered = (uint32_t)(s->now_us++ % 977);
		h[HISTORY_SECONDS - 2].ok++;
	}
}

START_TEST(a_history_that_moves_is_not_sent_again)
{
	static struct snapshot s, base, read;

	memset(&s, 0, sizeof(s));
	memset(&base, 0, sizeof(base));
	memset(&read, 0, sizeof(read));
	s.history_len = HISTORY_SECONDS;
	s.now_us = 1;
	move_history(&s, HISTORY_SECONDS);
	send(&s, &base, &read, 20000);
	for (int i = 0; i < 10; i++) {
		move_history(&s, i % 3);
		send(&s, &base, &read, 300);
	}
	move_history(&s, 50);
	send(&s, &base, &read, 2500);
	move_history(&s, 200);
	send(&s, &base, &read, 20000);
}
END_TEST

/* ---- what is wrong ---- */

START_TEST(what_cannot_be_is_passed_over)
{
	static const char text[] =
		"{\"to\":{\"run_name\":\"a\\u001b[2J\",\"state\":99,\"question\":-1,\"n_"
		"endpoints\":17,"
		"\"n_models\":-3,\"history_len\":301,\"endpoints\":{\"16\":{\"name\":\"x\"},\"1\":"
		"{\"name\":\"b\",\"lane\":7,\"paused\":\"yes\"},\"-1\":{},\"\":{}},\"models\":{"
		"\"0\":"
		"{\"endpoint\":16}},\"history\":{\"3\":[1,2,3,4,5,6,7,200,9,9],\"300\":[1]},"
		"\"outcomes\":"
		"[1,2,3,4,5,6,7,8,9,10,11,12,13,14],\"answers_now\":1e999,\"last_event\":-5,"
		"\"attempts\":18446744073709551615,\"items\":[1],\"unheard_of\":{\"a\":[{}]},"
		"\"concurrency\":99999999999},\"shift\":400}";
	static struct snapshot s;

	memset(&s, 0, sizeof(s));
	carry_snapshot_read(json_whole(text, sizeof(text) - 1), &s);
	ck_assert_str_eq(s.run_name, "a\\x1b[2J");
	ck_assert_int_eq(s.state, RUN_RUNNING);
	ck_assert_int_eq(s.question, QUESTION_NONE);
	ck_assert_int_eq(s.n_endpoints + s.n_models + s.history_len + s.concurrency, 0);
	ck_assert_str_eq(s.endpoints[1].name, "b");
	ck_assert(!s.endpoints[1].paused);
	ck_assert_int_eq(s.models[0].endpoint, 0);
	ck_assert_uint_eq(s.history[3].tokens, 7);
	ck_assert_int_eq(s.history[3].mark, MARK_NONE);
	ck_assert_uint_eq(s.outcomes[OUTCOME_COUNT - 1], OUTCOME_COUNT);
	ck_assert_uint_eq(s.final_failures[0], 0);
	ck_assert(s.answers_now == -1);
	ck_assert_uint_eq(s.last_event, 0);
	ck_assert_uint_eq(s.attempts, UINT64_MAX);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {no_member_is_missing, each_record_arrives_as_it_was,
		a_history_that_moves_is_not_sent_again, what_cannot_be_is_passed_over, NULL};

	return unit_run("carry", tests);
}
