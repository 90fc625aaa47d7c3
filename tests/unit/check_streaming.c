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

#define REFUSED "{\"error\":{\"message\":\"Unknown parameter: 'stream_options'.\"}}"

/* Sent again without them, at no cost of an attempt; so are those in flight, and all later ones. */
START_TEST(a_server_that_refuses_stream_options_is_sent_none)
{
	static const char body[] = "{\"model\":\"m\",\"stream\":true,\"messages\":[]}";

	rig_open(&rig, RIG(.concurrency = 2, .max_attempts = 1));
	for (int i = 0; i < 4; i++)
		rig_feed_chat(&rig, (const char *[]){"a", "b", "c", "d"}[i], "", body);
	rig_feed_end(&rig);
	rig_turn(&rig);
	ck_assert_int_eq(rig.in_flight, 2);
	ck_assert_ptr_nonnull(strstr(rig.call[0].sent, "stream_options"));
	rig_answer(&rig, 400, "", REFUSED);
	rig_answer(&rig, 422, "", REFUSED);
	rig_turn(&rig);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_gt(rig.in_flight, 0);
		ck_assert_ptr_null(strstr(rig.call[0].sent, "stream_options"));
		rig_answer_ok(&rig);
		rig_turn(&rig);
	}
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 4);
	ck_assert_int_eq(rig.started, 6);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"attempts\":2"), 2);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"attempts\":1"), 2);
	ck_assert_int_eq(rig_grep(&rig, "journal", "refuses stream_options"), 1);
	ck_assert_int_eq(rig_grep(&rig, "journal", "\"event\":\"attempt\""), 2);
}
END_TEST

START_TEST(stream_options_of_the_line_are_the_users)
{
	rig_open(&rig, RIG(.concurrency = 1));
	rig_feed_chat(&rig, "a", "",
		"{\"model\":\"m\",\"stream\":true,\"messages\":[],"
		"\"stream_options\":{\"include_usage\":true}}");
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer(&rig, 400, "", REFUSED);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	ck_assert_int_eq(rig.started, 1);
}
END_TEST

START_TEST(a_server_that_refuses_them_for_another_reason_gets_its_way)
{
	rig_open(&rig, RIG(.concurrency = 1));
	rig_feed_chat(&rig, "a", "", "{\"model\":\"m\",\"stream\":true,\"messages\":[]}");
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer(&rig, 400, "", REFUSED);
	rig_turn(&rig);
	rig_answer(&rig, 400, "", REFUSED);
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->failed, 1);
	ck_assert_int_eq(rig.started, 2);
}
END_TEST

/* A stream without usage is as long as it was, whatever the request allowed. */
START_TEST(the_usage_of_a_stream_is_estimated_by_its_pieces)
{
	open_stream();
	feed(rig.call[0].sink, "data: [DONE]\n\n");
	rig_answer(&rig, 200, HEADERS, "");
	rig_run_out(&rig);
	ck_assert_uint_eq(rig_counts(&rig)->ok, 1);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"estimated_out\":2"), 1);
	ck_assert_int_eq(rig_grep(&rig, "results", "\"tokens_out\""), 0);
	ck_assert_uint_eq(rig_view(&rig)->estimated_out, 2);
	ck_assert_uint_eq(rig_view(&rig)->tokens_out, 0);
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
		a_server_that_refuses_stream_options_is_sent_none,
		stream_options_of_the_line_are_the_users,
		a_server_that_refuses_them_for_another_reason_gets_its_way,
		the_usage_of_a_stream_is_estimated_by_its_pieces,
		a_cut_one_leaves_nothing_to_the_next_attempt, NULL};

	return unit_run_suite(&(struct unit_suite){
		.name = "streaming", .tests = tests, .tear_down = rig_tear_down});
}
