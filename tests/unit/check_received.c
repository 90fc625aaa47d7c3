/* The parts of a transfer that are independent of a connection: received data, excess bytes, and
 * timeouts. */
#include <string.h>

#include "base/clock.h"
#include "net/excess.h"
#include "net/received.h"
#include "net/times.h"
#include "unit.h"

static struct received in;
static struct buf taken;

static bool begin_text(void *ctx, const char *headers, size_t len, const char *bytes, size_t n)
{
	(void)ctx, (void)bytes, (void)n;
	return len && strstr(headers, "text/event-stream") != NULL;
}

static bool take(void *ctx, const char *bytes, size_t len, int64_t now_us)
{
	(void)ctx, (void)now_us;
	return buf_add(&taken, bytes, len);
}

static bool is_whole(void *ctx)
{
	(void)ctx;
	return taken.len == taken.max;
}

static const struct body_sink sink = {begin_text, take, is_whole, NULL};

static void setup(void)
{
	received_init(&in, 64, 8);
	buf_init(&taken, 8);
	received_reset(&in, &sink);
}

static void teardown(void)
{
	received_free(&in);
	buf_free(&taken);
}

static enum received_line header(const char *line)
{
	return received_header(&in, line, strlen(line));
}

static bool body(const char *text)
{
	return received_body(&in, text, strlen(text), 0);
}

START_TEST(the_headers_are_those_of_the_final_response)
{
	setup();
	ck_assert_int_eq(header("HTTP/1.1 103 x\r\n"), RECEIVED_STATUS);
	ck_assert_int_eq(header("a: 1\r\n"), RECEIVED_FIELD);
	ck_assert_int_eq(header("\r\n"), RECEIVED_FIELD);
	ck_assert_int_eq(header("HTTP/1.1 200 x\r\n"), RECEIVED_STATUS);
	ck_assert_int_eq(header("host: 2\r\n"), RECEIVED_FIELD);
	ck_assert_str_eq(buf_str(&in.headers), "host: 2\r\n");
	/* all heads count against the limit */
	ck_assert_int_eq(header("b: 34567890123\r\n"), RECEIVED_FULL);
	ck_assert(in.headers_full);
	teardown();
}
END_TEST

START_TEST(json_is_kept_and_a_stream_goes_to_its_sink)
{
	setup();
	header("content-type: text/event-stream\n");
	ck_assert(body("{\"a\""));
	ck_assert(!in.sinks && !received_is_whole(&in));
	ck_assert(body("x"));
	ck_assert(!body("1234"));
	received_reset(&in, &sink);
	header("content-type: text/event-stream\n");
	ck_assert(body("data:"));
	ck_assert(in.sinks && !in.body.len && !received_is_whole(&in));
	ck_assert(body("{}\n"));
	ck_assert(received_is_whole(&in));
	ck_assert(!body("x"));
	received_reset(&in, &sink);
	header("content-type: text/plain\n");
	ck_assert(body("data"));
	ck_assert_str_eq(buf_str(&in.body), "data");
	/* blanks and byte order marks do not show what comes */
	received_reset(&in, &sink);
	buf_clear(&taken);
	header("content-type: text/event-stream\n");
	ck_assert(body("\xef") && body("\xbb\xbf\n ") && body("{}"));
	ck_assert(!in.sinks);
	ck_assert_str_eq(buf_str(&in.body), "\xef\xbb\xbf\n {}");
	received_reset(&in, &sink);
	header("content-type: text/event-stream\n");
	ck_assert(body("\xef") && body("\xbb\xbf\n") && body("\ndata:"));
	ck_assert(in.sinks && !in.body.len);
	ck_assert_str_eq(buf_str(&taken), "data:");
	teardown();
}
END_TEST

START_TEST(each_timeout_runs_in_its_phase)
{
	const struct transport_config limits = {.timeout_us = 100,
		.connect_timeout_us = 20,
		.first_byte_timeout_us = 30,
		.idle_timeout_us = 10};
	struct times t = {.start_us = 1000};

	ck_assert_int_eq(times_overdue(&t, &limits, 1019), NET_STATUS);
	ck_assert_int_eq(times_overdue(&t, &limits, 1020), NET_TIMEOUT_CONNECT);
	t.sent_us = 1015;
	ck_assert_int_eq(times_overdue(&t, &limits, 1044), NET_STATUS);
	ck_assert_int_eq(times_overdue(&t, &limits, 1045), NET_TIMEOUT_FIRST_BYTE);
	t.first_us = t.last_us = 1040;
	ck_assert_int_eq(times_overdue(&t, &limits, 1049), NET_STATUS);
	ck_assert_int_eq(times_overdue(&t, &limits, 1050), NET_TIMEOUT_IDLE);
	ck_assert_int_eq(times_overdue(&t, &limits, 1100), NET_TIMEOUT_TOTAL);
	ck_assert_int_eq(times_overdue(&t, &(struct transport_config){0}, INT64_MAX), NET_STATUS);
	ck_assert(!times_linger(&t, 1050 + US_PER_S));
	t.whole_us = 1050;
	ck_assert(!times_linger(&t, 1051) && times_linger(&t, 1050 + US_PER_S));
}
END_TEST

static enum excess_found dropped(struct excess *e, const char *text)
{
	return excess_text(e, CURLINFO_TEXT, text, strlen(text));
}

START_TEST(dropped_bytes_are_an_answer_when_they_begin_as_one)
{
	static const char one_more[] = "{}HTTP/1.1 200 OK\r\n", junk[] = "{}junk";
	struct excess e = {0};

	ck_assert(!excess_status(&e, true, false, 200));
	ck_assert_int_eq(dropped(&e, "Connection #0 left intact"), EXCESS_NONE);
	excess_text(&e, CURLINFO_DATA_IN, one_more, strlen(one_more));
	ck_assert_int_eq(dropped(&e, "Excess found: excess = 17 url = /"), EXCESS_ANSWER);
	excess_text(&e, CURLINFO_DATA_IN, junk, strlen(junk));
	ck_assert_int_eq(dropped(&e, "Excess found: excess = 4 url = /"), EXCESS_BYTES);
	/* not known which bytes they are */
	ck_assert_int_eq(dropped(&e, "Leftovers after chunking: 40 bytes"), EXCESS_ANSWER);
	ck_assert_int_eq(dropped(&e, "Leftovers after chunking"), EXCESS_BYTES);
	/* without a body of its own, they are the body of this answer */
	ck_assert(excess_status(&e, true, false, 204));
	ck_assert_int_eq(dropped(&e, "Excess found: excess = 4 url = /"), EXCESS_BYTES);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {the_headers_are_those_of_the_final_response,
		json_is_kept_and_a_stream_goes_to_its_sink, each_timeout_runs_in_its_phase,
		dropped_bytes_are_an_answer_when_they_begin_as_one, NULL};

	return unit_run("received", tests);
}
