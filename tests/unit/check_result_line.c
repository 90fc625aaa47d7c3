/* A line of RESULTS or the errors file, and that the ledger reads what it says. */
#include <string.h>

#include "base/clock.h"
#include "ledger/record.h"
#include "ledger/result_line.h"
#include "ledger/result_view.h"
#include "unit.h"

struct line_case {
	const char *id, *metadata, *body; /* body NULL: no answer */
	struct answer answer;
	struct verdict verdict;
	const char *line;
};

#define SPEED     .latency_us = 812449, .first_byte_us = 640000
#define NO_TOKENS .tokens_in = -1, .tokens_out = -1

static const struct line_case cases[] = {
	{"q\"1", NULL, "{\"a\": [1,\n2],\r\n\"b\":\"\\n\"}", {NET_STATUS, .status = 200, SPEED},
		{OUTCOME_OK, .json = {"{}", 2}, .tokens_in = 21, .tokens_out = 0,
			.request_id = "req-7"},
		"{\"custom_id\":\"q\\\"1\",\"id\":\"sluice-17\",\"response\":{\"status_code\":200,"
		"\"request_id\":\"req-7\",\"body\":{\"a\": [1, 2],  \"b\":\"\\n\"}},\"error\":null,"
		"\"metadata\":null,\"sluice\":{\"line\":17,\"attempts\":2,\"latency_ms\":812.4,"
		"\"first_byte_ms\":640.0,\"tokens_in\":21,\"tokens_out\":0}}\n"},
	{"m", "{\"k\":\n1}", "<h1>\xff\"\n",
		{NET_STATUS, .status = 200, .latency_us = 49, .first_byte_us = -1},
		{OUTCOME_OK, NO_TOKENS},
		"{\"custom_id\":\"m\",\"id\":\"sluice-17\",\"response\":{\"status_code\":200,"
		"\"request_id\":null,\"body\":\"<h1>\xef\xbf\xbd\\\"\\n\"},\"error\":null,"
		"\"metadata\":{\"k\": 1},\"sluice\":{\"line\":17,\"attempts\":2,\"latency_ms\":0.0,"
		"\"body_is_text\":true}}\n"},
	{"e", NULL, "{\"error\":{}}", {NET_STATUS, .status = 400, SPEED},
		{OUTCOME_CLIENT_ERROR, .json = {"{}", 2}, NO_TOKENS, .message = "no"},
		"{\"custom_id\":\"e\",\"id\":\"sluice-17\",\"response\":{\"status_code\":400,"
		"\"request_id\":null,\"body\":{\"error\":{}}},\"error\":null,\"metadata\":null,"
		"\"sluice\":{\"line\":17,\"attempts\":2,\"outcome\":\"client_error\","
		"\"latency_ms\":812.4,\"first_byte_ms\":640.0}}\n"},
	{"c", NULL, "", {NET_STATUS, .status = 200, SPEED},
		{OUTCOME_BAD_RESPONSE, NO_TOKENS, .message = "empty"},
		"{\"custom_id\":\"c\",\"id\":\"sluice-17\",\"response\":{\"status_code\":200,"
		"\"request_id\":null,\"body\":\"\"},\"error\":{\"code\":\"bad_response\","
		"\"message\":\"empty\"},\"metadata\":null,\"sluice\":{\"line\":17,\"attempts\":2,"
		"\"outcome\":\"bad_response\",\"latency_ms\":812.4,\"first_byte_ms\":640.0,"
		"\"body_is_text\":true}}\n"},
	{"t", NULL, "cut", {NET_TIMEOUT_TOTAL, .latency_us = 30000000, .first_byte_us = -1},
		{OUTCOME_TIMEOUT, NO_TOKENS, .code = "timeout_total", .message = "30 s passed"},
		"{\"custom_id\":\"t\",\"id\":\"sluice-17\",\"response\":null,\"error\":{"
		"\"code\":\"timeout_total\",\"message\":\"30 s passed\"},\"metadata\":null,"
		"\"sluice\":{\"line\":17,\"attempts\":2,\"outcome\":\"timeout\","
		"\"latency_ms\":30000.0}}\n"},
	{"", NULL, NULL, {0}, {OUTCOME_BAD_INPUT, NO_TOKENS, .message = "not JSON"},
		"{\"custom_id\":\"\",\"id\":\"sluice-17\",\"response\":null,\"error\":{"
		"\"code\":\"bad_input\",\"message\":\"not JSON\"},\"metadata\":null,\"sluice\":{"
		"\"line\":17,\"attempts\":2,\"outcome\":\"bad_input\"}}\n"},
};

static bool format_case(const struct line_case *c, enum result_form form, struct buf *out)
{
	struct result_item item = {
		.form = form, .id = c->id, .id_len = strlen(c->id), .line = 17, .attempts = 2};
	struct answer answer = c->answer;

	if (c->metadata)
		item.metadata = (struct json_span){c->metadata, strlen(c->metadata)};
	if (c->body) {
		answer.body = c->body;
		answer.body_len = strlen(c->body);
	}
	return result_line_add(out, &item, c->body ? &answer : NULL, &c->verdict);
}

START_TEST(lines_as_the_design_has_them)
{
	const struct line_case *c = &cases[_i];
	struct result_record record;
	struct buf out;

	buf_init(&out, 4096);
	ck_assert(format_case(c, RESULT_OPENAI, &out));
	ck_assert_str_eq(buf_str(&out), c->line);
	ck_assert_int_eq(json_pick(out.data, out.len, NULL, 0, NULL), JSON_VALUE_OBJECT);
	ck_assert(result_record_parse(out.data, out.len - 1, &record));
	ck_assert_int_eq(record.outcome, c->verdict.outcome);
	ck_assert_int_eq(record.line, 17);
	ck_assert_int_eq(record.attempts, 2);
	ck_assert_int_eq(record.cost.in, c->verdict.tokens_in);
	ck_assert_int_eq(record.latency_us, c->body ? (c->answer.latency_us + 50) / 100 * 100 : -1);
	buf_free(&out);
}
END_TEST

/* The same in Anthropic's form: the front of each line, up to the members of OpenAI's form. */
static const char *const anthropic[] = {
	"{\"custom_id\":\"q\\\"1\",\"result\":{\"type\":\"succeeded\",\"message\":{\"a\": [1, 2],  "
	"\"b\":\"\\n\"}},\"sluice\":{\"line\":17,\"attempts\":2,\"latency_ms\":812.4,"
	"\"first_byte_ms\":640.0,\"tokens_in\":21,\"tokens_out\":0,\"status\":200,"
	"\"request_id\":\"req-7\"}}\n",
	"{\"custom_id\":\"m\",\"result\":{\"type\":\"succeeded\",\"message\":\"<h1>"
	"\xef\xbf\xbd\\\"\\n\"},"
	"\"metadata\":{\"k\": 1},\"sluice\":{\"line\":17,\"attempts\":2,\"latency_ms\":0.0,"
	"\"body_is_text\":true,\"status\":200}}\n",
	"{\"custom_id\":\"e\",\"result\":{\"type\":\"errored\",\"error\":{\"type\":\"error\","
	"\"error\":{"
	"\"type\":\"invalid_request_error\",\"message\":\"no\"},\"request_id\":null}},\"response\":"
	"{",
	"{\"custom_id\":\"c\",\"result\":{\"type\":\"errored\",\"error\":{\"type\":\"error\","
	"\"error\":{"
	"\"type\":\"api_error\",\"message\":\"empty\"},\"request_id\":null}},\"response\":{",
	"{\"custom_id\":\"t\",\"result\":{\"type\":\"errored\",\"error\":{\"type\":\"error\","
	"\"error\":{"
	"\"type\":\"timeout_error\",\"message\":\"30 s passed\"},\"request_id\":null}},"
	"\"response\":null,\"error\":{",
	"{\"custom_id\":\"\",\"result\":{\"type\":\"errored\",\"error\":{\"type\":\"error\","
	"\"error\":{"
	"\"type\":\"invalid_request_error\",\"message\":\"not JSON\"},\"request_id\":null}},"
	"\"response\":null,\"error\":{",
};

static void check_same_span(struct json_span a, struct json_span b)
{
	ck_assert_int_eq(a.at != NULL, b.at != NULL);
	ck_assert_uint_eq(a.len, b.len);
	if (a.len)
		ck_assert_mem_eq(a.at, b.at, a.len);
}

/* Has who only wants the answer the same? */
static bool is_same_answer(const char *text, size_t len, const struct result_record *whole)
{
	struct result_record r;

	return result_record_answer(text, len, &r) && r.id.at == whole->id.at &&
	       r.id.len == whole->id.len && r.line == whole->line && r.form == whole->form &&
	       r.response.at == whole->response.at && r.response.len == whole->response.len &&
	       r.cost.in == whole->cost.in && r.cost.out == whole->cost.out &&
	       r.cost.cached == whole->cost.cached && r.cost.nano_usd == whole->cost.nano_usd;
}

START_TEST(both_forms_say_the_same)
{
	struct result_view view[2];
	struct result_record record;
	struct buf line[2];

	for (int form = RESULT_OPENAI; form <= RESULT_ANTHROPIC; form++) {
		buf_init(&line[form], 4096);
		ck_assert(format_case(&cases[_i], (enum result_form)form, &line[form]));
		for (int cut = 0; cut < 2; cut++) {
			ck_assert(result_record_parse(
				line[form].data, line[form].len - (cut ? 0 : 1), &record));
			ck_assert_int_eq(record.form, form);
			ck_assert_int_eq(record.outcome, cases[_i].verdict.outcome);
			ck_assert_int_eq(record.status, cases[_i].answer.status);
			ck_assert_int_eq(record.line, 17);
			ck_assert(is_same_answer(
				line[form].data, line[form].len - (cut ? 0 : 1), &record));
		}
		ck_assert(result_view_parse(line[form].data, line[form].len, &view[form]));
	}
	ck_assert_int_eq(strncmp(line[1].data, anthropic[_i], strlen(anthropic[_i])), 0);
	ck_assert_int_eq(json_pick(line[1].data, line[1].len, NULL, 0, NULL), JSON_VALUE_OBJECT);
	ck_assert_int_eq(view[0].answered, view[1].answered);
	ck_assert_int_eq(view[0].status, view[1].status);
	ck_assert_int_eq(view[0].body_is_text, view[1].body_is_text);
	check_same_span(view[0].body, view[1].body);
	check_same_span(view[0].request_id, view[1].request_id);
	check_same_span(view[0].metadata, view[1].metadata);
	check_same_span(view[0].code, view[1].code);
	check_same_span(view[0].message, view[1].message);
	buf_free(&line[0]);
	buf_free(&line[1]);
}
END_TEST

/* Lines of Anthropic's own results: https://docs.anthropic.com/en/docs/build-with-claude/
 * batch-processing, and that of a service whose errors name no type. */
static const struct {
	const char *line;
	enum outcome outcome;
	int status;
	const char *code, *message; /* NULL: none */
} foreign[] = {
	{"{\"custom_id\":\"a\",\"result\":{\"type\":\"succeeded\",\"message\":{\"id\":\"msg_014\"}}"
	 "}",
		OUTCOME_OK, 200, NULL, NULL},
	{"{ \"result\": {\"type\": \"errored\", \"error\": {\"type\": \"error\", \"error\": "
	 "{\"type\": "
	 "\"invalid_request_error\", \"message\": \"max_tokens\"}}}, \"custom_id\": \"b\" }",
		OUTCOME_CLIENT_ERROR, 0, "\"invalid_request_error\"", "\"max_tokens\""},
	{"{\"custom_id\":\"c\",\"result\":{\"type\":\"canceled\"}}", OUTCOME_CANCELLED, 0,
		"\"canceled\"", "\"canceled\""},
	{"{\"custom_id\":\"d\",\"result\":{\"type\":\"expired\"}}", OUTCOME_TIMEOUT, 0,
		"\"expired\"", "\"expired\""},
};

START_TEST(results_that_anthropic_wrote_are_read)
{
	const char *line = foreign[_i].line;
	struct result_record record;
	struct result_view view;

	ck_assert(result_record_parse(line, strlen(line), &record));
	ck_assert_int_eq(record.form, RESULT_ANTHROPIC);
	ck_assert_int_eq(record.outcome, foreign[_i].outcome);
	ck_assert(result_view_parse(line, strlen(line), &view));
	ck_assert_int_eq(view.status, foreign[_i].status);
	ck_assert_int_eq(view.answered, foreign[_i].status != 0);
	check_same_span(view.code, (struct json_span){foreign[_i].code,
					   foreign[_i].code ? strlen(foreign[_i].code) : 0});
	check_same_span(
		view.message, (struct json_span){foreign[_i].message,
				      foreign[_i].message ? strlen(foreign[_i].message) : 0});
}
END_TEST

/* Other objects with these members are not taken for results. */
START_TEST(a_result_of_no_known_type_is_no_line)
{
	static const char *const lines[] = {"{\"custom_id\":\"a\",\"result\":{}}",
		"{\"custom_id\":\"a\",\"result\":\"succeeded\"}",
		"{\"custom_id\":\"a\",\"result\":{\"type\":\"done\"}}",
		"{\"custom_id\":7,\"result\":{\"type\":\"expired\"}}",
		"{\"custom_id\":\"a\",\"params\":{}}"};
	struct result_record record;

	for (int i = 0; i < 5; i++)
		ck_assert(!result_record_parse(lines[i], strlen(lines[i]), &record));
}
END_TEST

/* Anthropic's own words for an error stand as they came. */
START_TEST(an_error_of_anthropic_stays)
{
	static const char body[] = "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
				   "\"message\":\"Overloaded\"},\"request_id\":\"req_1\"}";
	const struct answer answer = {
		.result = NET_STATUS, .status = 529, .body = body, .body_len = sizeof(body) - 1};
	const struct verdict v = {
		OUTCOME_SERVER_ERROR, 529, .json = {body, sizeof(body) - 1}, NO_TOKENS};
	const struct verdict cancelled = {OUTCOME_CANCELLED, NO_TOKENS, .message = "by hand"};
	const struct result_item item = {
		.form = RESULT_ANTHROPIC, .id = "a", .id_len = 1, .line = 1};
	struct buf out;

	buf_init(&out, 4096);
	ck_assert(result_line_add(&out, &item, &answer, &v));
	ck_assert_ptr_nonnull(
		strstr(out.data, "\"result\":{\"type\":\"errored\",\"error\":{"
				 "\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\""));
	buf_clear(&out);
	ck_assert(result_line_add(&out, &item, NULL, &cancelled));
	ck_assert_ptr_nonnull(strstr(out.data, "\"result\":{\"type\":\"canceled\"},"));
	buf_free(&out);
}
END_TEST

/* Read as sluice writes it, and as it is read when it is not quite so (a newline behind). */
static void check_reused(
	const struct result_item *item, const char *members, bool cached, int64_t same_as_line)
{
	struct answer a = {.result = NET_STATUS,
		.status = 200,
		.body = "{}",
		.body_len = 2,
		.latency_us = -1,
		.first_byte_us = -1};
	struct verdict v = {OUTCOME_OK, .json = {"{}", 2}, NO_TOKENS};
	struct result_record record;
	struct buf out;

	buf_init(&out, 4096);
	ck_assert(result_line_add(&out, item, &a, &v));
	ck_assert_ptr_nonnull(strstr(buf_str(&out), members));
	for (int i = 0; i < 2; i++) {
		ck_assert(result_record_parse(out.data, out.len - (i ? 0 : 1), &record));
		ck_assert_int_eq(record.cached, cached);
		ck_assert_int_eq(record.same_as_line, same_as_line);
		ck_assert_int_eq(record.attempts, 0);
		ck_assert_int_eq(record.latency_us, -1);
	}
	buf_free(&out);
}

START_TEST(answers_used_again_tell_where_they_are_from)
{
	struct result_item item = {.id = "a", .id_len = 1, .line = 17, .cached = true};

	check_reused(&item, "{\"line\":17,\"attempts\":0,\"cached\":true}}\n", true, -1);
	item.cached = false;
	item.same_as_line = 5;
	check_reused(&item, "{\"line\":17,\"attempts\":0,\"same_as_line\":5}}\n", false, 5);
}
END_TEST

START_TEST(the_end_of_an_item_comes_back)
{
	const struct answer answer = {
		.result = NET_STATUS, .status = 200, .body = "{}", .body_len = 2};
	const struct verdict v = {.json = {"{}", 2}, NO_TOKENS};
	static const int64_t ended_us[] = {0, 1, 1500, 40 * 86400 * US_PER_S + 1999};
	static const int64_t ended_ms[] = {-1, 0, 1, 40 * 86400 * 1000LL + 1};
	struct result_record r;
	struct buf out;

	buf_init(&out, 4096);
	for (int i = 0; i < 4; i++) {
		const struct result_item item = {
			.id = "a", .id_len = 1, .line = 1, .ended_us = ended_us[i]};

		buf_clear(&out);
		ck_assert(result_line_add(&out, &item, &answer, &v));
		ck_assert(result_record_parse(out.data, out.len - 1, &r));
		ck_assert_int_eq(r.ended_ms, ended_ms[i]);
		ck_assert(result_record_parse(out.data, out.len, &r));
		ck_assert_int_eq(r.ended_ms, ended_ms[i]);
	}
	buf_free(&out);
}
END_TEST

START_TEST(a_line_that_does_not_fit_leaves_no_trace)
{
	size_t len = strlen(cases[0].line);
	struct buf out;

	for (size_t max = 4; max < len + 4; max++) {
		buf_init(&out, max);
		buf_adds(&out, "old\n");
		ck_assert(!format_case(&cases[0], RESULT_OPENAI, &out));
		ck_assert_str_eq(buf_str(&out), "old\n");
		buf_free(&out);
	}
}
END_TEST

/* Costs and models of any name are read as they were written, the plain and the hard way. */
START_TEST(costs_come_back)
{
	static const char *const models[] = {"gpt-4o", "a \"b\\{c}", "", "\xc3\xa9/x:1"};
	static const double usd[] = {0, 1e-9, .001234567, 99999.5};
	const struct answer answer = {
		.result = NET_STATUS, .status = 200, .body = "{}", .body_len = 2};
	struct buf out, name;
	struct result_record r;
	const char *model;
	size_t len;

	buf_init(&out, 10000);
	buf_init(&name, 1000);
	for (int i = 0; i < 16; i++) {
		const struct result_item item = {
			.id = "a", .id_len = 1, .line = 1, .model = models[i / 4]};
		const struct verdict v = {.json = {"{}", 2},
			.tokens_in = 1000,
			.tokens_out = 5,
			.tokens_cached = 900,
			.tokens_cache_write = 7,
			.has_cost = i % 2,
			.cost_usd = i % 2 ? usd[i % 4] : 0};

		buf_clear(&out);
		ck_assert(result_line_add(&out, &item, &answer, &v));
		ck_assert(result_record_parse(out.data, out.len - 1, &r));
		ck_assert(r.cost.in == 1000 && r.cost.out == 5 && r.cost.cached == 900 &&
			  r.cost.cache_write == 7);
		ck_assert_int_eq(r.cost.nano_usd, i % 2 ? (int64_t)(usd[i % 4] * 1e9 + .5) : -1);
		ck_assert_int_eq(r.model.at != NULL, *models[i / 4] != '\0');
		if (!r.model.at)
			continue;
		record_id_text(r.model, &name, &model, &len);
		ck_assert_uint_eq(len, strlen(models[i / 4]));
		ck_assert_mem_eq(model, models[i / 4], len);
	}
	buf_free(&out);
	buf_free(&name);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("result line");
	TCase *tcase = tcase_create("result line");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(
		tcase, lines_as_the_design_has_them, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tcase, answers_used_again_tell_where_they_are_from);
	tcase_add_test(tcase, a_line_that_does_not_fit_leaves_no_trace);
	tcase_add_test(tcase, costs_come_back);
	tcase_add_test(tcase, the_end_of_an_item_comes_back);
	tcase_add_loop_test(
		tcase, both_forms_say_the_same, 0, sizeof(anthropic) / sizeof(anthropic[0]));
	tcase_add_loop_test(tcase, results_that_anthropic_wrote_are_read, 0,
		sizeof(foreign) / sizeof(foreign[0]));
	tcase_add_test(tcase, a_result_of_no_known_type_is_no_line);
	tcase_add_test(tcase, an_error_of_anthropic_stays);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
