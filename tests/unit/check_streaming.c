/* A streamed answer seen through the engine: what rows and the inspector tell while it comes, what
 * is recorded at its end, what the statistics make of it. */
#include <string.h>

#include "api/body_sink.h"
#include "base/clock.h"
#include "rig.h"
#include "unit.h"

#define HEADERS "content-type: text/event-stream\r\n"

static void feed(const struct body_sink *sink, const char *text)
{
	static int64_t now_us = 1000 * US_PER_S;

	now_us += 20 * US_PER_MS;
	ck_assert(sink->take(sink->ctx, text, strlen(text), now_us));
}

static struct rig rig;

static void open_stream(void)
{
	const struct body_sink *sink;

	rig_open(&rig, RIG(.concurrency = 1));
	rig_feed(&rig, "{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\","
		       "\"body\":{\"model\":\"m\",\"stream\":true,\"messages\":[]}}");
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 1);
	sink = rig.call[0].sink;
	ck_assert(sink->begin(sink->ctx, HEADERS, strlen(HEADERS), "data", 4));
	feed(sink, "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":"
		   "\"\"}}]}\n\n");
	feed(sink, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"One \\\"");
	feed(sink, "two\\\"\"}}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\", "
		   "three\"}}]}\n\n");
}

START_TEST(the_text_is_seen_as_it_grows)
{
	struct snapshot *s = calloc(1, sizeof(*s));
	struct item_detail detail;
	struct rows_info info;
	struct item_row row;

	open_stream();
	ck_assert_uint_eq(port_rows(&rig.port, QUERY_ACTIVE, 0, &row, 1, &info), 1);
	ck_assert_str_eq(row.phase, "streaming");
	ck_assert_uint_eq(row.tokens_out, 2);
	ck_assert(port_detail(&rig.port, 1, &detail));
	ck_assert_ptr_nonnull(strstr(detail.response_body, "One \"two\", three"));
	port_detail_free(&detail);
	port_snapshot(&rig.port, s);
	ck_assert_int_ge(s->streams.first_token_p50_us, 0);
	ck_assert_int_ge(s->streams.gap_p50_us, 0);
	free(s);
}
END_TEST

START_TEST(what_it_adds_up_to_is_recorded)
{
	struct snapshot *s = calloc(1, sizeof(*s));
	struct error err = {""};

	open_stream();
	feed(rig.call[0].sink, "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,"
			       "\"completion_tokens\":2}}\n\ndata: [DONE]\n\n");
	rig_answer(&rig, 200, HEADERS, "");
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"content\":\"One \\\"two\\\", three\""), 1);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"tokens_out\":2"), 1);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"first_token_ms\":"), 1);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"gap_ms\":0.0"), 1);
	port_snapshot(&rig.port, s);
	ck_assert(s->streams.any);
	ck_assert_int_ge(s->streams.first_token_p50_us, 0);
	ck_assert(s->session.streams.any);
	ck_assert_int_eq(s->session.streams.gap_p50_us, s->streams.gap_p50_us);
	ck_assert(engine_write_end(rig.engine, rig.now_us, 0, &err));
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"streams\":{\"first_token_ms_p50\":"), 1);
	free(s);
}
END_TEST

START_TEST(a_cut_one_leaves_nothing_to_the_next_attempt)
{

	open_stream();
	rig_answer(&rig, 200, HEADERS, "");
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_int_eq(rig_grep(&rig, "journal", "the stream was cut"), 1);
	ck_assert_int_eq(rig_grep(&rig, "results", "One "), 0);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"attempts\":2"), 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {the_text_is_seen_as_it_grows, what_it_adds_up_to_is_recorded,
		a_cut_one_leaves_nothing_to_the_next_attempt, NULL};

	return unit_run_suite(&(struct unit_suite){
		.name = "streaming", .tests = tests, .tear_down = rig_tear_down});
}
