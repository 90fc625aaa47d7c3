/* What requests come to by model, endpoint and stage; and the next session knows it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "core/ticks.h"
#include "core/usage_table.h"
#include "core/usage_table_record.h"
#include "plan/prices.h"
#include "rig.h"
#include "unit.h"

static struct rig rig;
static struct prices prices;
static struct usage_row rows[USAGE_ROWS_SHOWN];

static const struct rig_endpoint two[] = {
	{"east", 1, NULL, NULL}, {"west", 1, NULL, NULL}, {NULL, 0, NULL, NULL}};

static void with_prices(struct engine_config *config)
{
	config->prices = &prices;
}

/* The row of that name; one without requests: there is none. */
static struct usage_row row_of(enum usage_kind kind, const char *name)
{
	size_t n = port_usage(&rig.port, rows, USAGE_ROWS_SHOWN);

	for (size_t i = 0; i < n; i++)
		if (rows[i].kind == kind && !strcmp(rows[i].name, name))
			return rows[i];
	return (struct usage_row){.requests = 0};
}

static void feed(const char *prefix, int n, const char *model)
{
	char id[24], body[64];

	for (int i = 0; i < n; i++) {
		snprintf(id, sizeof(id), "%s%d", prefix, i);
		snprintf(body, sizeof(body), "{\"model\":\"%s\"}", model);
		rig_feed_chat(&rig, id, "", body);
	}
}

static void feed_all(void)
{
	feed("a", 30, "m-large");
	feed("b", 30, "m-small");
	rig_feed_end(&rig);
}

/* Ok, refused, failed: each request is counted by its model and by its endpoint, in sum as in the
 * statistics. */
START_TEST(rows_sum_up_to_the_run)
{
	struct error err;
	const struct snapshot *s;
	struct usage_row large, small, east, west, again;
	int n = 0;

	ck_assert(prices_add(&prices, "m-large=10,30", &err));
	rig_open(&rig, RIG(.concurrency = 4, .endpoints = two, .adjust = with_prices));
	feed_all();
	while (rig_await(&rig) && n < 50) {
		rig.now_us += 100 * US_PER_MS;
		if (n % 7 == 1)
			rig_answer(&rig, 429, "retry-after: 1\n", "{}");
		else if (n % 7 == 3)
			rig_answer(&rig, 400, "", RIG_REFUSED);
		else
			rig_answer_ok(&rig);
		n++;
	}
	s = rig_view(&rig);
	large = row_of(USAGE_MODEL, "m-large");
	small = row_of(USAGE_MODEL, "m-small");
	east = row_of(USAGE_ENDPOINT, "east");
	west = row_of(USAGE_ENDPOINT, "west");
	ck_assert_uint_gt(large.requests, 0);
	ck_assert_uint_eq(large.requests + small.requests, s->attempts);
	ck_assert_uint_eq(east.requests + west.requests, s->attempts);
	ck_assert_uint_eq(large.ok + small.ok, s->outcomes[OUTCOME_OK]);
	ck_assert_uint_eq(east.rate_limited + west.rate_limited, s->outcomes[OUTCOME_RATE_LIMITED]);
	ck_assert_uint_eq(large.tokens_in + small.tokens_in, s->tokens_in);
	ck_assert_uint_eq(east.tokens_out + west.tokens_out, s->tokens_out);
	ck_assert_double_eq_tol(large.usd, (double)large.ok * (3 * 10 + 4 * 30) / 1e6, 1e-9);
	ck_assert_double_lt(small.usd, 0);
	ck_assert_double_eq_tol(large.usd_per_min, large.usd, 1e-6);
	ck_assert_int_eq(rows[0].kind, USAGE_MODEL);
	ck_assert_int_ge(large.p50_us, 0);
	/* dollars of the last minute fade */
	rig.now_us += 61 * US_PER_S;
	rig_turn(&rig);
	ck_assert_double_eq_tol(row_of(USAGE_MODEL, "m-large").usd_per_min, 0, 1e-12);
	/* a later session goes on from here, whether this one ended well or not */
	large = row_of(USAGE_MODEL, "m-large");
	engine_last_tick(rig.engine, rig.now_us, rig_wall_us(&rig));
	rig_turn(&rig);
	rig_reopen(&rig, false);
	feed_all();
	again = row_of(USAGE_MODEL, "m-large");
	ck_assert_uint_eq(again.requests, large.requests);
	ck_assert_uint_eq(again.ok, large.ok);
	ck_assert_uint_eq(again.tokens_out, large.tokens_out);
	ck_assert_double_eq_tol(again.usd, large.usd, 1e-9);
	ck_assert(again.p99_us > large.p99_us / 2 && again.p99_us <= 2 * large.p99_us + 1000);
	ck_assert_double_lt(row_of(USAGE_MODEL, "m-small").usd, 0);
	prices_free(&prices);
}
END_TEST

START_TEST(stages_have_rows_of_their_own)
{
	rig_open_rows(&rig, "chain", 6);
	for (int i = 0; i < 5; i++) {
		rig_answer_ok(&rig);
		rig_turn(&rig);
	}
	port_usage(&rig.port, rows, USAGE_ROWS_SHOWN);
	ck_assert_uint_gt(row_of(USAGE_STAGE, rig.pipeline.stage[0].name).requests, 0);
	ck_assert_uint_eq(row_of(USAGE_ENDPOINT, rig.pipeline.stage[0].name).requests, 0);
}
END_TEST

/* Names come from outside: there is an end to them. */
START_TEST(thousands_of_names_share_a_row)
{
	struct usage_table u;
	char name[200];
	uint64_t requests = 0;
	size_t n;

	usage_table_init(&u);
	for (int i = 0; i < 5000; i++) {
		struct usage_names names = {{[USAGE_MODEL] = name}};

		snprintf(name, sizeof(name), "\x1b[3%dm%0150d", i % 8, i / 2);
		usage_table_add(&u, i, &names, &(struct usage_answer){.usd = 0.5});
	}
	n = usage_table_rows(&u, 5000, rows, USAGE_ROWS_SHOWN);
	ck_assert_uint_le(n, USAGE_OF_KIND);
	for (size_t i = 0; i < n; i++) {
		requests += rows[i].requests;
		ck_assert_ptr_null(strchr(rows[i].name, 0x1b));
	}
	ck_assert_uint_eq(requests, 5000);
	usage_table_free(&u);
}
END_TEST

START_TEST(a_record_may_be_anything)
{
	static const char *const lines[] = {"{}", "[]", "{\"rows\":7}", "{\"rows\":[7,null,[]]}",
		"{\"rows\":[{\"model\":7},{\"model\":\"a\"},{\"outcomes\":[1]}]}",
		"{\"rows\":[{\"model\":\"a\",\"outcomes\":[-5,1e99,9223372036854775807],"
		"\"tokens\":[9e99],\"usd\":-3,\"latency\":[-1,5]}]}",
		"{\"rows\":[{\"stage\":\"b\",\"outcomes\":\"x\",\"latency\":[38,9007199254740993,"
		"7,7,7,7],\"usd\":1e300}]}"};
	struct usage_table u;

	usage_table_init(&u);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		usage_table_read(
			&u, &(struct ledger_line){.text = lines[i], .len = strlen(lines[i])});
	ck_assert_uint_eq(usage_table_rows(&u, 0, rows, USAGE_ROWS_SHOWN), 2);
	for (int i = 0; i < 2; i++) {
		ck_assert_double_lt(rows[i].usd, 0);
		ck_assert_uint_le(rows[i].ok, UINT64_C(1) << 52);
	}
	usage_table_free(&u);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {rows_sum_up_to_the_run, stages_have_rows_of_their_own,
		thousands_of_names_share_a_row, a_record_may_be_anything, NULL};

	return unit_run_suite(&(struct unit_suite){
		.name = "usage_table", .tests = tests, .tear_down = rig_tear_down});
}
