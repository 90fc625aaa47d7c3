/* The engine's port in virtual time: lists with filters, what is known of one item. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "control/control.h"
#include "rig.h"
#include "unit.h"

static struct rig rig;

/* The lines of a query's rows as text, "3 5 " for the third and fifth. */
static const char *lines_of(const char *filter, enum item_field sort, bool descending)
{
	static char text[400];
	struct item_query q = {.sort = sort, .descending = descending};
	struct item_row row[64];
	struct rows_info info;
	uint64_t at;
	size_t n;

	snprintf(q.filter, sizeof(q.filter), "%s", filter);
	n = port_rows(&rig.port, &q, 0, row, 64, &info);
	ck_assert_msg(info.complete && info.total == n, "%s: %s", filter, info.error);
	text[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%d ", (int)row[i].line);
		ck_assert(port_locate(&rig.port, &q, row[i].line, &at));
		ck_assert_uint_eq(at, i);
	}
	return text;
}

static void feed_model(const char *id, const char *model)
{
	char line[200];

	snprintf(line, sizeof(line),
		"{\"custom_id\":\"%s\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\","
		"\"body\":{\"model\":\"%s\"}}",
		id, model);
	rig_feed(&rig, line);
}

/* 1 ok, 2 failed, 3 waiting, 4 and 5 in flight, 6 bad input, 7 queued */
static void mixed_run(void)
{
	rig_open(&rig, RIG(.concurrency = 2));
	feed_model("alpha-1", "gpt-4o");
	feed_model("alpha-2", "gpt-4o");
	feed_model("beta-3", "GPT-mini");
	feed_model("beta-4", "claude");
	feed_model("gamma-5", "claude");
	rig_feed(&rig, "{\"custom_id\":\"broken-6\",\"url\":\"ftp://h/\",\"body\":{}}");
	feed_model("alpha-7", "gpt-4o");
	rig_feed_end(&rig);
	rig_turn(&rig);
	rig_answer_ok(&rig);
	rig_answer(&rig, 400, "", "{\"error\":{\"message\":\"No such \\\"Model\\\"\"}}");
	rig_turn(&rig);
	rig_answer(&rig, 500, "retry-after: 30\r\n", "{\"error\":{\"message\":\"boom 17\"}}");
	rig_turn(&rig);
}

START_TEST(filters_pick_items_by_what_they_are_and_say)
{
	static const struct {
		const char *filter, *lines;
	} cases[] = {
		{"", "1 2 3 4 5 6 7 "},
		{"ok", "1 "},
		{"failed", "2 6 "},
		{"bad_input", "6 "},
		{"waiting", "3 "},
		{"in_flight", "4 5 "},
		{"queued", "7 "},
		{"code:400", "2 "},
		{"id:ALPHA", "1 2 7 "},
		{"model:gpt", "1 2 3 7 "},
		{"model:gpt !id:alpha", "3 "},
		{"alpha !ok", "2 7 "},
		{"id:broken", "6 "},
		{"error:\"model\"", "2 "},
		{"error:line", "6 "},
		{"!state:ok id:alpha", "2 7 "},
	};

	mixed_run();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(!strcmp(lines_of(cases[i].filter, FIELD_LINE, false), cases[i].lines),
			"\"%s\" gives %s", cases[i].filter,
			lines_of(cases[i].filter, FIELD_LINE, false));
}
END_TEST

START_TEST(rows_are_sorted_and_follow_their_states)
{
	mixed_run();
	ck_assert_str_eq(lines_of("", FIELD_LINE, true), "7 6 5 4 3 2 1 ");
	ck_assert_str_eq(lines_of("", FIELD_STATE, false), "7 3 4 5 1 2 6 ");
	ck_assert_str_eq(lines_of("", FIELD_ATTEMPTS, false), "6 7 1 2 3 4 5 ");
	ck_assert_str_eq(lines_of("ok", FIELD_STATE, false), "1 ");
	rig_run_out(&rig);
	ck_assert_str_eq(lines_of("ok", FIELD_STATE, false), "1 3 4 5 7 ");
}
END_TEST

START_TEST(rows_tell_id_model_and_wait_of_every_item)
{
	struct item_row row;

	mixed_run();
	ck_assert(port_row(&rig.port, 3, &row));
	ck_assert_str_eq(row.id, "beta-3");
	ck_assert_str_eq(row.model, "GPT-mini");
	ck_assert_int_eq(row.status, 500);
	ck_assert_int_eq(row.due_us, rig.now_us + 30 * US_PER_S);
	ck_assert(port_row(&rig.port, 4, &row));
	ck_assert_str_eq(row.phase, "sent");
	ck_assert(port_row(&rig.port, 6, &row));
	ck_assert_str_eq(row.id, "broken-6");
	ck_assert(!port_row(&rig.port, 8, &row));
	ck_assert(!port_row(&rig.port, 0, &row));
}
END_TEST

START_TEST(a_search_goes_on_in_the_background_and_is_forgotten)
{
	const struct item_query q = {.filter = "id:needle-1999"};
	struct item_row row[4];
	struct rows_info info;
	int steps = 0;

	rig_open(&rig, RIG(.concurrency = 1));
	rig_feed_many(&rig, "needle-", 30000);
	ck_assert_uint_eq(port_rows(&rig.port, &q, 0, row, 4, &info), 1);
	ck_assert_str_eq(row[0].id, "needle-1999");
	ck_assert(!info.complete);
	ck_assert_double_gt(info.progress, 0);
	ck_assert_double_lt(info.progress, 1);
	for (; control_has_background(rig.control); steps++)
		control_background(rig.control);
	ck_assert_int_gt(steps, 10);
	port_rows(&rig.port, &q, 0, row, 4, &info);
	ck_assert(info.complete);
	ck_assert_uint_eq(info.total, 11); /* and needle-19990 to needle-19999 */
	control_tick(rig.control, rig.now_us + 59 * US_PER_S);
	port_rows(&rig.port, &q, 0, row, 4, &info);
	ck_assert(info.complete);
	control_tick(rig.control, rig.now_us + 61 * US_PER_S);
	port_rows(&rig.port, &q, 0, row, 4, &info);
	ck_assert(!info.complete);
}
END_TEST

START_TEST(a_resumed_run_knows_its_ended_items)
{
	mixed_run();
	rig_run_out(&rig);
	rig_reopen(&rig, false);
	feed_model("alpha-1", "gpt-4o");
	feed_model("alpha-2", "gpt-4o");
	rig_feed_end(&rig);
	ck_assert_str_eq(lines_of("ok attempts:1", FIELD_LINE, false), "1 ");
	ck_assert_str_eq(lines_of("error:such", FIELD_LINE, false), "2 ");
}
END_TEST

static struct item_detail detail_of(uint64_t line)
{
	struct item_detail d;

	ck_assert(port_detail(&rig.port, line, &d));
	ck_assert_uint_eq(d.row.line, line);
	return d;
}

/* Even of one with an @ of its own, which curl refuses. */
START_TEST(an_address_shows_no_part_of_a_password)
{
	static const char *const urls[] = {
		"http://h/p@q", "http://me:pw@h/p@q", "http://me:p@w@h/p@q"};

	rig_open(&rig, RIG(.concurrency = 1));
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		rig.endpoint.base_url = (char *)urls[i];
		ck_assert_str_eq(rig_view(&rig)->endpoint, "http://h/p@q");
	}
}
END_TEST

START_TEST(a_detail_shows_the_request_without_its_secrets)
{
	struct item_detail d;

	rig_open(&rig, RIG(.concurrency = 1));
	rig_feed(&rig, "{\"custom_id\":\"x\",\"method\":\"POST\","
		       "\"url\":\"http://me:pw@h/p?key=abc&n=1\","
		       "\"headers\":{\"X-Api-Key\":\"hush\",\"X-Team\":\"red\"},"
		       "\"body\":{\"a\":\"" RIG_KEY "\"},\"metadata\":{\"m\":1},"
		       "\"priority\":\"high\"}");
	d = detail_of(1);
	ck_assert_str_eq(d.row.id, "x");
	ck_assert_int_eq(d.priority, 10);
	ck_assert_int_eq(strncmp(d.request_head, "POST http://h/p?key=[redacted]&n=1\n", 34), 0);
	ck_assert_ptr_nonnull(strstr(d.request_head, "X-Api-Key: [redacted]\n"));
	ck_assert_ptr_nonnull(strstr(d.request_head, "Authorization: [redacted]\n"));
	ck_assert_ptr_nonnull(strstr(d.request_head, "X-Team: red\n"));
	ck_assert_ptr_null(strstr(d.request_head, "blue"));
	ck_assert_str_eq(d.request_body, "{\"a\":\"[redacted]\"}");
	ck_assert_str_eq(d.metadata, "{\"m\":1}");
	ck_assert_ptr_null(d.response_head);
	ck_assert_ptr_null(d.error);
	port_detail_free(&d);
	ck_assert(!port_detail(&rig.port, 2, &d));
}
END_TEST

/* A key that hides behind escapes of the JSON is no more readable than another. */
START_TEST(a_detail_says_what_was_asked_and_answered)
{
	struct item_detail d;
	struct buf body;

	rig_open(&rig, RIG(.concurrency = 1));
	rig_feed(&rig,
		"{\"custom_id\":\"x\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"m\","
		"\"messages\":[{\"role\":\"user\",\"content\":\"caf\\u00e9?\"}]}}");
	rig_feed_end(&rig);
	rig_turn(&rig);
	buf_init(&body, 1 << 16);
	buf_adds(&body, "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"a\\n");
	for (const char *c = RIG_KEY; *c; c++)
		buf_addf(&body, "\\u%04x", (unsigned)*c);
	buf_adds(&body, "\"},\"finish_reason\":\"stop\"}]}");
	rig_answer(&rig, 200, "", buf_str(&body));
	buf_free(&body);
	rig_turn(&rig);
	rig_turn(&rig);
	d = detail_of(1);
	ck_assert_uint_eq(d.n_said, 2);
	ck_assert(d.said[0].answer && !d.said[1].answer);
	ck_assert_str_eq(d.said[0].role, "assistant");
	ck_assert_str_eq(d.said[0].text, "a\n[redacted]");
	ck_assert_str_eq(d.said[1].role, "user");
	ck_assert_str_eq(d.said[1].text, "café?");
	ck_assert_str_eq(d.finish, "stop");
	port_detail_free(&d);
}
END_TEST

START_TEST(a_detail_shows_the_answer_wherever_it_is)
{
	struct item_detail d;

	mixed_run();
	d = detail_of(1); /* of the results */
	ck_assert_str_eq(d.response_head, "HTTP 200\nrequest-id: r1\n");
	ck_assert_ptr_nonnull(strstr(d.response_body, "\"completion_tokens\":4"));
	ck_assert_int_eq(d.attempts, 1);
	ck_assert_int_eq(d.attempt[0].outcome, OUTCOME_OK);
	ck_assert_str_eq(d.attempt[0].request_id, "r1");
	ck_assert_int_eq(d.attempt[0].latency_us, 1000);
	ck_assert_int_eq(d.attempt[0].tokens_in, 3);
	ck_assert_int_eq(d.attempt[0].tokens_out, 4);
	ck_assert(d.attempt[0].usd < 0); /* no price is known */
	ck_assert_ptr_null(d.error);
	port_detail_free(&d);
	d = detail_of(2); /* of the journal */
	ck_assert_int_eq(d.attempt[0].tokens_in, -1);
	ck_assert_str_eq(d.response_head, "HTTP 400\n");
	ck_assert_ptr_nonnull(strstr(d.response_body, "No such"));
	ck_assert_str_eq(d.error, "No such \"Model\"");
	port_detail_free(&d);
	d = detail_of(3); /* waits: only the attempt is known */
	ck_assert_ptr_null(d.response_head);
	ck_assert_str_eq(d.error, "boom 17");
	ck_assert_int_eq(d.attempts, 1);
	ck_assert_int_eq(d.attempt[0].wait_us, 30 * US_PER_S);
	port_detail_free(&d);
	d = detail_of(4); /* in flight */
	ck_assert_str_eq(
		d.response_head, "HTTP 200\nSet-Cookie: [redacted]\nContent-Type: text/plain\n");
	ck_assert_str_eq(d.response_body, "so far");
	port_detail_free(&d);
	d = detail_of(6); /* a line that is no request */
	ck_assert_ptr_null(d.request_head);
	ck_assert_ptr_nonnull(strstr(d.request_body, "broken-6"));
	ck_assert_ptr_nonnull(strstr(d.error, "line 6: "));
	port_detail_free(&d);
}
END_TEST

START_TEST(a_detail_is_there_after_a_resume)
{
	struct item_detail d;

	mixed_run();
	rig_run_out(&rig);
	rig_reopen(&rig, false);
	feed_model("alpha-1", "gpt-4o");
	feed_model("alpha-2", "gpt-4o");
	rig_feed_end(&rig);
	d = detail_of(1);
	ck_assert_ptr_nonnull(strstr(d.response_body, "\"completion_tokens\":4"));
	ck_assert_int_eq(d.attempts, 1);
	ck_assert_int_eq(d.attempt[0].started_wall_us, -1);
	ck_assert_int_eq(d.attempt[0].tokens_out, 4);
	ck_assert_int_eq(d.attempt[0].latency_us, 1000);
	port_detail_free(&d);
	d = detail_of(2);
	ck_assert_str_eq(d.error, "No such \"Model\"");
	ck_assert_int_eq(d.attempt[0].status, 400);
	port_detail_free(&d);
}
END_TEST

START_TEST(failures_of_an_earlier_session_have_their_group)
{
	struct error_group group[4];
	int64_t failed_us;
	size_t total;

	mixed_run();
	port_errors(&rig.port, group, 4, &total);
	failed_us = group[0].last_wall_us;
	rig_run_out(&rig);
	rig.now_us += 3600 * US_PER_S;
	rig_reopen(&rig, false);
	feed_model("alpha-1", "gpt-4o");
	feed_model("alpha-2", "gpt-4o");
	rig_feed_end(&rig);
	ck_assert_uint_eq(port_errors(&rig.port, group, 4, &total), 0);
	while (control_has_background(rig.control))
		control_background(rig.control);
	ck_assert_uint_eq(port_errors(&rig.port, group, 4, &total), 1);
	ck_assert_str_eq(group[0].message, "No such \"Model\"");
	ck_assert_int_eq(group[0].outcome, OUTCOME_CLIENT_ERROR);
	ck_assert_uint_eq(group[0].items, 1);
	ck_assert_uint_eq(group[0].final, 1);
	ck_assert_int_eq(group[0].last_wall_us, failed_us);
	ck_assert_str_eq(lines_of("code:400", FIELD_LINE, false), "2 ");
}
END_TEST

START_TEST(a_key_that_a_server_quotes_is_not_repeated)
{
	struct error_group group;
	struct event event[8];
	size_t total, n;

	rig_open(&rig, RIG(.concurrency = 1));
	feed_model("alpha-1", "gpt-4o");
	rig_turn(&rig);
	rig_answer(&rig, 400, "", "{\"error\":{\"message\":\"bad key " RIG_KEY "\"}}");
	port_errors(&rig.port, &group, 1, &total);
	ck_assert_str_eq(group.message, "bad key [redacted]");
	n = port_events_since(&rig.port, 0, event, 8);
	for (size_t i = 0; i < n; i++)
		ck_assert_ptr_null(strstr(event[i].text, RIG_KEY));
}
END_TEST

/* One more watcher of the rig's run. */
static struct control *watcher(bool read_only)
{
	const struct control_config config = rig_control_config(read_only);

	return control_new(rig.engine, &config);
}

START_TEST(a_read_only_port_refuses_commands_but_no_signal)
{
	struct command_reply reply;
	static struct snapshot s;
	struct control *c;
	struct port port;

	mixed_run();
	c = watcher(true);
	port = control_port(c);
	port_command(&port, "cancel #7", &reply);
	ck_assert(!reply.ok);
	ck_assert_str_eq(reply.text, "read-only: commands are off");
	port_command(&port, "quit", &reply);
	ck_assert(!reply.ok);
	ck_assert_uint_eq(rig_counts(&rig)->cancelled, 0);
	control_drain(c);
	port_snapshot(&port, &s);
	ck_assert(s.read_only);
	ck_assert_int_eq(s.state, RUN_DRAINING);
	ck_assert(rig_command(&rig, "resume").ok);
	rig_run_out(&rig);
	port_command(&port, "quit", &reply);
	ck_assert_msg(reply.ok, "%s", reply.text);
	control_free(c);
}
END_TEST

START_TEST(each_watcher_has_a_list_of_its_own)
{
	const struct item_query mine = {.filter = "id:needle-29"}, theirs = {.filter = "queued"};
	struct item_row row[4];
	struct rows_info info;
	struct control *c;
	struct port port;

	rig_open(&rig, RIG(.concurrency = 1));
	rig_feed_many(&rig, "needle-", 30000);
	c = watcher(false);
	port = control_port(c);
	port_rows(&rig.port, &mine, 0, row, 4, &info);
	ck_assert(!info.complete);
	port_rows(&port, &theirs, 0, row, 4, &info);
	ck_assert(info.complete);
	ck_assert_uint_eq(info.total, 30000);
	ck_assert(!control_has_background(c));
	while (control_has_background(rig.control))
		control_background(rig.control);
	port_rows(&rig.port, &mine, 0, row, 4, &info);
	ck_assert_uint_eq(info.total, 1111); /* 29, 290 to 299, 2900 to 2999, 29000 to 29999 */
	port_command(&port, "cancel #1", &(struct command_reply){.ok = false});
	rig_turn(&rig);
	port_rows(&port, &theirs, 0, row, 4, &info);
	ck_assert_uint_eq(info.total, 29998); /* one is in flight */
	control_free(c);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {an_address_shows_no_part_of_a_password,
		filters_pick_items_by_what_they_are_and_say,
		rows_are_sorted_and_follow_their_states, rows_tell_id_model_and_wait_of_every_item,
		a_search_goes_on_in_the_background_and_is_forgotten,
		a_resumed_run_knows_its_ended_items, a_detail_shows_the_request_without_its_secrets,
		a_detail_says_what_was_asked_and_answered, a_detail_shows_the_answer_wherever_it_is,
		a_detail_is_there_after_a_resume, failures_of_an_earlier_session_have_their_group,
		a_key_that_a_server_quotes_is_not_repeated,
		a_read_only_port_refuses_commands_but_no_signal, each_watcher_has_a_list_of_its_own,
		NULL};

	return unit_run_suite(
		&(struct unit_suite){.name = "port", .tests = tests, .tear_down = rig_tear_down});
}
