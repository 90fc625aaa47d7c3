/* What the files have of items: filters and orders that read it, and the facts of rows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "control/control.h"
#include "core/items.h"
#include "item_fields.h"
#include "rig.h"
#include "source_tree.h"
#include "unit.h"

static struct rig rig;

static const char *lines_of(const char *filter, enum item_field sort, bool descending)
{
	static char text[400];
	struct item_query q = {.sort = sort, .descending = descending};
	struct item_row row[64];
	struct rows_info info;
	size_t n;

	snprintf(q.filter, sizeof(q.filter), "%s", filter);
	n = port_rows(&rig.port, &q, 0, row, 64, &info);
	ck_assert_msg(info.complete && info.total == n, "%s: %s", filter, info.error);
	text[0] = '\0';
	for (size_t i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%d ", (int)row[i].line);
	return text;
}

static void feed(const char *id, const char *model, const char *text)
{
	char line[400];

	snprintf(line, sizeof(line),
		"{\"custom_id\":\"%s\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"%s\","
		"\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}}",
		id, model, text);
	rig_feed(&rig, line);
}

/* After so long the oldest request is answered with this text, as it stands in JSON. */
static void answer(int64_t after_us, const char *text, const char *finish, int in, int out)
{
	char body[600];

	rig.now_us += after_us;
	snprintf(body, sizeof(body),
		"{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"%s\"},"
		"\"finish_reason\":\"%s\"}],\"usage\":{\"prompt_tokens\":%d,"
		"\"completion_tokens\":%d}}",
		text, finish, in, out);
	rig_answer_with(&rig, 0,
		&(struct answer){.result = NET_STATUS,
			.status = 200,
			.headers = "",
			.body = body,
			.body_len = strlen(body),
			.latency_us = after_us,
			.first_byte_us = -1});
	rig_turn(&rig);
}

/* 1 to 4 ok, 5 failed with an answer, 6 in flight, 7 queued. */
static void answered_run(void)
{
	rig_open(&rig, RIG(.concurrency = 1));
	feed("a-1", "gpt-4o", "Where is my \\u0072efund?");
	feed("a-2", "gpt-4o-mini", "Say something, please.");
	feed("b-3", "claude", "Was sagt ein Caf\xc3\xa9?");
	feed("b-4", "gpt-4o", "four");
	feed("c-5", "gpt-4o", "five");
	feed("c-6", "gpt-4o", "six");
	feed("c-7", "", "seven");
	rig_feed_end(&rig);
	rig_turn(&rig);
	answer(2 * US_PER_S, "Your \\u0052EFUND is on its way\\nto you.", "stop", 100, 50);
	answer(7 * US_PER_S, "A \\\"long\\\" answer about caf\\u00e9s", "length", 900, 256);
	answer(300 * US_PER_MS, "no", "stop", 20, 1);
	answer(300 * US_PER_MS, "Caf\xc3\xa9, " RIG_KEY, "stop", 10, 3);
	rig_answer(&rig, 400, "", "{\"error\":{\"message\":\"too long for a refund\"}}");
	rig_turn(&rig);
}

START_TEST(filters_read_answers_and_requests)
{
	static const struct {
		const char *filter, *lines;
	} cases[] = {
		{"answer:refund", "1 5 "},
		{"answer:refund ok", "1 "},
		{"!answer:refund ok", "2 3 4 "},
		{"answer:\"way to\"", ""},
		{"answer:\"on its way\"", "1 "},
		{"answer:\"\\\"long\\\"\"", "2 "},
		{"answer:caf\xc3\xa9", "2 4 "},
		{"answer:assistant", ""},
		{"answer:stop", ""},
		{"answer:no", "3 "},
		{"request:refund", "1 "},
		{"request:caf\xc3\xa9", "3 "},
		{"request:user", ""},
		{"request:se !request:something", "7 "},
		{"finish:length", "2 "},
		{"finish:stop,length", "1 2 3 4 "},
		{"!finish:stop", "2 5 6 7 "},
		{"latency:>5s", "2 "},
		{"latency:<1s ok", "3 4 "},
		{"latency:1s-3s", "1 "},
		{"tokens:>1000", "2 "},
		{"tokens_in:100-900 tokens_out:<100", "1 "},
		{"tokens:21", "3 "},
		{"model:mini,claude", "2 3 "},
		{"endpoint:west", ""},
		{"state:ok,failed code:4xx,2xx line:2-5", "2 3 4 5 "},
		{"latency:>1s answer:refund !model:claude", "1 "},
		{"stage:draft", ""},
		{"tag:yes", ""},
	};

	answered_run();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(!strcmp(lines_of(cases[i].filter, FIELD_LINE, false), cases[i].lines),
			"\"%s\" gives %s", cases[i].filter,
			lines_of(cases[i].filter, FIELD_LINE, false));
}
END_TEST

START_TEST(orders_read_the_files)
{
	static const struct {
		enum item_field sort;
		bool descending;
		const char *lines; /* what has no value is last, by line */
	} cases[] = {
		{FIELD_LATENCY, true, "2 1 3 4 5 6 7 "},
		{FIELD_TOKENS_OUT, false, "3 4 1 2 5 6 7 "},
		{FIELD_TOKENS_OUT, true, "2 1 4 3 5 6 7 "},
		{FIELD_TOKENS, true, "2 1 3 4 5 6 7 "},
		{FIELD_ENDED, true, "4 5 3 2 1 6 7 "},
		{FIELD_FINISH, false, "2 1 3 4 5 6 7 "},
		{FIELD_ANSWER, false, "2 4 3 1 5 6 7 "},
		{FIELD_MODEL, false, "3 1 4 5 6 2 7 "},
		{FIELD_CODE, true, "5 1 2 3 4 6 7 "},
		{FIELD_STAGE, false, "1 2 3 4 5 6 7 "},
	};

	answered_run();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(
			!strcmp(lines_of("", cases[i].sort, cases[i].descending), cases[i].lines),
			"%s gives %s", item_field(cases[i].sort)->name,
			lines_of("", cases[i].sort, cases[i].descending));
	ck_assert_str_eq(lines_of("ok", FIELD_LATENCY, false), "3 4 1 2 ");
	ck_assert_str_eq(lines_of("answer:a", FIELD_TOKENS, true), "2 1 4 5 ");
	/* one that ends, one that is asked again */
	answer(20 * US_PER_S, "slow", "stop", 1, 1);
	rig_command(&rig, "retry #2");
	ck_assert_str_eq(lines_of("ok", FIELD_LATENCY, true), "6 2 1 3 4 ");
}
END_TEST

static struct item_facts facts_of(uint64_t line)
{
	struct item_query q = {.sort = FIELD_LINE, .facts = true};
	struct rows_info info;
	struct item_row row;

	ck_assert_uint_eq(port_rows(&rig.port, &q, line - 1, &row, 1, &info), 1);
	ck_assert_uint_eq(row.line, line);
	return row.facts;
}

START_TEST(endpoints_and_stages_are_found)
{
	static const struct rig_endpoint several[] = {
		{.name = "west", .weight = 1}, {.name = "east", .weight = 1}, {.name = NULL}};
	struct item_row row;

	rig_open(&rig, RIG(.concurrency = 1, .endpoints = several));
	rig_feed_many(&rig, "x", 4);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_str_eq(lines_of("endpoint:west,east", FIELD_LINE, false), "1 2 ");
	rig_run_out(&rig);
	ck_assert_uint_eq(strlen(lines_of("endpoint:west", FIELD_LINE, false)) +
				  strlen(lines_of("endpoint:east", FIELD_LINE, false)),
		strlen("1 2 3 4 "));
	ck_assert_int_eq(lines_of("", FIELD_ENDPOINT, false)[0],
		lines_of("endpoint:east", FIELD_LINE, false)[0]);
	row = rig_row(&rig, 1);
	ck_assert_int_eq(row.state, ITEM_OK);
	rig_tear_down();
	rig_open_rows(&rig, "chain", 2);
	ck_assert_str_eq(lines_of("stage:a", FIELD_LINE, false), "1 2 ");
	rig_answer(&rig, 400, "", RIG_REFUSED);
	rig_turn(&rig);
	ck_assert_str_eq(lines_of("stage:a failed", FIELD_LINE, false), "1 ");
	ck_assert_str_eq(lines_of("stage:b", FIELD_LINE, false), "");
	ck_assert_str_eq(lines_of("answer:\"no such model\"", FIELD_LINE, false), "1 ");
}
END_TEST

START_TEST(rows_have_what_the_files_have)
{
	struct item_facts f;

	answered_run();
	f = facts_of(2);
	ck_assert(f.known);
	ck_assert_int_eq(f.latency_us, 7 * US_PER_S);
	ck_assert_int_eq(f.tokens_in, 900);
	ck_assert_int_eq(f.tokens_out, 256);
	ck_assert_str_eq(f.finish, "length");
	ck_assert_str_eq(f.answer, "A \"long\" answer about caf\xc3\xa9s");
	ck_assert_int_eq(f.ended_wall_us - facts_of(1).ended_wall_us, 7 * US_PER_S);
	ck_assert_str_eq(facts_of(1).answer, "Your REFUND is on its way to you.");
	ck_assert_ptr_null(strstr(facts_of(4).answer, RIG_KEY));
	f = facts_of(5);
	ck_assert(f.known);
	ck_assert_str_eq(f.answer, "");
	ck_assert_int_ge(f.ended_wall_us, facts_of(4).ended_wall_us);
	f = facts_of(7);
	ck_assert(f.known);
	ck_assert_int_eq(f.latency_us, -1);
	/* they follow the item */
	answer(9 * US_PER_S, "six", "stop", 1, 1);
	ck_assert_int_eq(facts_of(6).latency_us, 9 * US_PER_S);
}
END_TEST

START_TEST(an_earlier_sessions_items_have_their_time)
{
	int64_t first, second;

	answered_run();
	first = facts_of(1).ended_wall_us;
	rig_reopen(&rig, false);
	rig.now_us += 3600 * US_PER_S;
	feed("a-1", "gpt-4o", "Where is my \\u0072efund?");
	feed("a-2", "gpt-4o-mini", "Say something, please.");
	feed("b-3", "claude", "Was sagt ein Caf\xc3\xa9?");
	feed("b-4", "gpt-4o", "four");
	feed("c-5", "gpt-4o", "five");
	feed("c-6", "gpt-4o", "six");
	rig_feed_end(&rig);
	rig_turn(&rig);
	answer(2 * US_PER_S, "six", "stop", 1, 1);
	ck_assert_int_eq(facts_of(1).ended_wall_us / US_PER_S, first / US_PER_S);
	second = facts_of(6).ended_wall_us;
	ck_assert_int_gt(second - first, 3600 * US_PER_S);
	ck_assert_str_eq(lines_of("ok", FIELD_ENDED, true), "6 4 3 2 1 ");
}
END_TEST

/* A page of long answers: the first at once, the others in the background, none ever wrong. */
START_TEST(long_answers_are_read_in_the_background)
{
	enum { N = 8, LONG = 6 << 20 };
	struct item_query q = {.sort = FIELD_LINE, .facts = true};
	char *body = xmalloc(LONG + 200);
	struct item_row row[N];
	struct rows_info info;
	int known = 0, rounds = 0;

	rig_open(&rig, RIG(.concurrency = N));
	rig_feed_many(&rig, "x", N);
	rig_feed_end(&rig);
	rig_turn(&rig);
	for (int i = 0; i < N; i++) {
		int at = snprintf(body, LONG, "{\"choices\":[{\"message\":{\"content\":\"%d ", i);

		memset(body + at, 'z', LONG);
		snprintf(body + at + LONG, 100, "\"},\"finish_reason\":\"stop\"}]}");
		rig_answer(&rig, 200, "", body);
		rig_turn(&rig);
	}
	port_rows(&rig.port, &q, 0, row, N, &info);
	for (int i = 0; i < N; i++)
		known += row[i].facts.known;
	ck_assert_int_ge(known, 1);
	ck_assert_int_lt(known, N);
	while (control_has_background(rig.control) && rounds++ < 100)
		control_background(rig.control);
	ck_assert_int_gt(rounds, 1);
	port_rows(&rig.port, &q, 0, row, N, &info);
	for (int i = 0; i < N; i++) {
		ck_assert(row[i].facts.known);
		ck_assert_int_eq(row[i].facts.answer[0], '0' + i);
	}
	free(body);
}
END_TEST

START_TEST(tags_are_for_all_who_watch)
{
	struct port far;
	struct item_query q = {.filter = "tag:yes", .sort = FIELD_LINE};
	struct rows_info info;
	struct item_row row[8];

	answered_run();
	far = control_far_port(rig.control);
	ck_assert(rig_command(&rig, "tag #2").ok);
	ck_assert(rig_command(&rig, "tag b-4").ok);
	ck_assert(rig_command(&rig, "tag c-7").ok);
	ck_assert(!rig_command(&rig, "tag nosuch").ok);
	ck_assert_uint_eq(port_rows(&far, &q, 0, row, 8, &info), 3);
	ck_assert(row[0].tagged && row[0].line == 2);
	ck_assert_str_eq(lines_of("tag:yes latency:>1s", FIELD_LINE, false), "2 ");
	ck_assert(rig_command(&rig, "untag #2").ok);
	ck_assert_uint_eq(port_rows(&far, &q, 0, row, 8, &info), 2);
	ck_assert_str_eq(lines_of("tag:no ok", FIELD_LINE, false), "1 2 3 ");
	ck_assert_uint_eq(rig_view(&rig)->tagged, 2);
	ck_assert_uint_eq(rig_command(&rig, "cancel where tag:yes").items, 1);
	ck_assert_uint_eq(rig_command(&rig, "untag all").items, 2);
	ck_assert_uint_eq(port_rows(&far, &q, 0, row, 8, &info), 0);
	/* marks of the operators are no news */
	ck_assert_int_eq(rig_grep(&rig, "journal", "tag #2"), 0);
}
END_TEST

START_TEST(acts_on_many_take_the_same_words)
{
	answered_run();
	ck_assert_uint_eq(rig_command(&rig, "raise where request:seven").items, 1);
	ck_assert_uint_eq(rig_command(&rig, "retry where answer:\"too long\" code:4xx").items, 1);
	ck_assert(!rig_command(&rig, "retry where latency:5s").ok);
}
END_TEST

START_TEST(the_page_names_every_field)
{
	char path[512], text[32 << 10], name[40];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/docs/finding.md", source_tree());
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	for (int i = 0; i < FIELD_COUNT; i++) {
		const struct item_field_info *info = item_field((enum item_field)i);

		snprintf(name, sizeof(name), info->values ? "`%s:`" : "`%s`", info->name);
		ck_assert_msg(strstr(text, name) != NULL, "docs/finding.md lacks %s", name);
	}
}
END_TEST

START_TEST(an_items_memory_is_as_it_was)
{
	ck_assert_uint_eq(sizeof(struct item), 40);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {filters_read_answers_and_requests, orders_read_the_files,
		endpoints_and_stages_are_found, rows_have_what_the_files_have,
		an_earlier_sessions_items_have_their_time, long_answers_are_read_in_the_background,
		tags_are_for_all_who_watch, acts_on_many_take_the_same_words,
		the_page_names_every_field, an_items_memory_is_as_it_was, NULL};

	return unit_run_suite(
		&(struct unit_suite){.name = "facts", .tests = tests, .tear_down = rig_tear_down});
}
