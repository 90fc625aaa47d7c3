/* Rows in place of requests: placeholders and what they become. */
#include <string.h>

#include "api/provider.h"
#include "api/rows.h"
#include "unit.h"

static struct template *parse(const char *text)
{
	struct error err = {""};
	struct template *t = template_new(text, strlen(text), &err);

	ck_assert_msg(t != NULL, "%s: %s", text, err.text);
	return t;
}

START_TEST(rows_fill_templates)
{
	static const struct {
		const char *text, *row, *line;
	} cases[] = {
		{"{\"m\":\"Hi {{name}}!\"}", "{\"name\":\"Ann\"}", "{\"m\":\"Hi Ann!\"}"},
		{"{\"m\":\"{{ name }}\"}", "{\"name\":\"a\\\"b\\\\c\\n\\u0001\"}",
			"{\"m\":\"a\\\"b\\\\c\\n\\u0001\"}"},
		{"{\"m\":\"{{n}}\"}", "{\"n\":3}", "{\"m\":\"3\"}"},
		{"{\"m\":{{n}}}", "{\"n\":3}", "{\"m\":3}"},
		{"{\"m\":{{n}}}", "{\"n\":\"x\"}", "{\"m\":\"x\"}"},
		{"{\"m\":{{n}}, \"k\":[{{t.1}}]}", "{\"n\":null,\"t\":[1,{\"a\":2}]}",
			"{\"m\":null,\"k\":[{\"a\":2}]}"},
		{"{\"m\":\"{{o}}\"}", "{\"o\":{\"a\":[1,\"z\"]}}",
			"{\"m\":\"{\\\"a\\\":[1,\\\"z\\\"]}\"}"},
		{"{\"m\":\"{{u.name}} {{t.0}}\"}", "{\"u\":{\"name\":\"\xc3\xa9\"},\"t\":[true]}",
			"{\"m\":\"\xc3\xa9 true\"}"},
		{"{\"m\":\"\\\"{{a}}\\\\\"}", "{\"a\":\"{{a}}\"}", "{\"m\":\"\\\"{{a}}\\\\\"}"},
		{"{\"m\":1}", "{\"custom_id\":\"i\",\"priority\":\"high\",\"x\":2}",
			"{\"custom_id\":\"i\",\"priority\":\"high\",\"m\":1}"},
		{"{}", "{\"custom_id\":\"i\"}", "{\"custom_id\":\"i\"}"},
		{" {\"custom_id\":\"no\",\"m\":1}\n", "{\"metadata\":{\"a\":1}}",
			"{\"metadata\":{\"a\":1},\"m\":1}"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rows *rows = rows_new(parse(cases[i].text));
		struct error err = {""};
		struct buf out;

		buf_init(&out, 1 << 20);
		ck_assert_msg(rows_line(rows, cases[i].row, strlen(cases[i].row), &out, &err),
			"case %zu: %s", i, err.text);
		ck_assert_str_eq(buf_str(&out), cases[i].line);
		buf_free(&out);
		rows_free(rows);
	}
}
END_TEST

START_TEST(rows_that_do_not_fit_say_why)
{
	static const struct {
		const char *row, *says;
	} cases[] = {{"{\"b\":1}", "no field \"a.b\""}, {"{\"a\":{}}", "no field \"a.b\""},
		{"{\"a\":[1]}", "no field \"a.b\""}, {"[1]", "not a JSON object"},
		{"{\"a\":", "not a row"}, {"", "not a row"}};
	struct rows *rows = rows_new(parse("{\"m\":\"{{a.b}}\"}"));

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {""};
		struct buf out;

		buf_init(&out, 1 << 20);
		ck_assert(!rows_line(rows, cases[i].row, strlen(cases[i].row), &out, &err));
		ck_assert_msg(strstr(err.text, cases[i].says) != NULL, "%s", err.text);
		buf_free(&out);
	}
	rows_free(rows);
}
END_TEST

START_TEST(a_template_may_begin_with_a_mark)
{
	static const char marked[] = "\xef\xbb\xbf{\"a\":\"{{x}}\"}\r\n";
	struct error err = {""};
	struct template *t = template_new(marked, strlen(marked), &err);

	ck_assert_msg(t != NULL, "%s", err.text);
	template_free(t);
}
END_TEST

START_TEST(wrong_templates_are_refused)
{
	static const struct {
		const char *text, *says;
	} cases[] = {{"", "not a JSON object"}, {"[\"{{a}}\"]", "not a JSON object"},
		{"{\"m\":\"{{a\"}", "line 1: a {{ without"},
		{"{\n\"m\":\"{{ }}\"}", "line 2: {{}}"}, {"{\"m\":{{a}}x}", "not a JSON object"},
		{"{\"m\":\"{{a\n}}\"}", "without its }}"},
		{"{\"m\":{\"n\":\"{{a\"}}", "line 1: a {{ without its }}"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {""};

		ck_assert(!template_new(cases[i].text, strlen(cases[i].text), &err));
		ck_assert_msg(strstr(err.text, cases[i].says) != NULL, "%zu: %s", i, err.text);
	}
}
END_TEST

/* What a stage's lookup finds: the path itself, as a text or as JSON. */
static bool find_path(
	void *ctx, const char *path, bool *is_text, struct buf *value, struct error *err)
{
	(void)ctx;
	*is_text = strncmp(path, "list", 4) != 0;
	if (!strcmp(path, "none"))
		return error_set(err, "nothing there");
	return buf_addf(value, *is_text ? "<%s>\"" : "[1,\"a\"]", path);
}

START_TEST(stages_say_how_values_go_in)
{
	static const struct {
		const char *text, *filled;
	} cases[] = {
		{"{\"a\":\"is {{x}}\"}", "{\"a\":\"is <x>\\\"\"}"},
		{"{\"a\":\"is {{list}}\"}", "{\"a\":\"is [1,\\\"a\\\"]\"}"},
		{"{\"a\":\"{{json list}}\",\"b\":\"{{x}}\"}",
			"{\"a\":[1,\"a\"],\"b\":\"<x>\\\"\"}"},
		{"{\"a\":\"{{ json  x }}\"}", "{\"a\":\"<x>\\\"\"}"},
		{"{\"a\":\"/{{url x}}?\"}", "{\"a\":\"/%3Cx%3E%22?\"}"},
		{"{\"a\":\"{{jsonx}}\"}", "{\"a\":\"<jsonx>\\\"\"}"},
	};
	struct buf out;
	struct error err = {""};

	buf_init(&out, 1 << 20);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct template *t = template_new_stage(cases[i].text, strlen(cases[i].text), &err);

		ck_assert_msg(t != NULL, "%s: %s", cases[i].text, err.text);
		buf_clear(&out);
		ck_assert(template_fill(t, find_path, NULL, &out, &err));
		ck_assert_str_eq(buf_str(&out), cases[i].filled);
		template_free(t);
	}
	buf_free(&out);
}
END_TEST

START_TEST(stages_report_the_missing_value)
{
	static const char text[] = "{\"a\":\"{{none}}\"}";
	struct error err = {""};
	struct template *t = template_new_stage(text, strlen(text), &err);
	struct buf out;

	buf_init(&out, 1 << 20);
	ck_assert(!template_fill(t, find_path, NULL, &out, &err));
	ck_assert_str_eq(err.text, "nothing there");
	ck_assert_ptr_null(template_new_stage("{\"a\":\"b{{json x}}\"}", 18, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "must be a whole string"));
	template_free(t);
	buf_free(&out);
}
END_TEST

/* Rows of a pipeline stay what they are. */
START_TEST(rows_may_stay_as_they_are)
{
	static const char row[] = "{\"a\":{\"b\":1.10}, \"custom_id\":\"x\"}";
	struct rows *rows = rows_new(NULL);
	struct error err = {""};
	struct buf out;

	buf_init(&out, 1 << 20);
	rows_need(rows, "a.b");
	rows_need(rows, "a.b");
	ck_assert(rows_line(rows, row, strlen(row), &out, &err));
	ck_assert_str_eq(buf_str(&out), row);
	ck_assert(!rows_line(rows, "{\"a\":{}}", 8, &out, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "no field \"a.b\""));
	ck_assert(!rows_set_header(rows, "a,b", 3, ',', &err));
	ck_assert_str_eq(err.text, "the header has no column \"a.b\"; it has a, b");
	rows_free(rows);
	rows = rows_new(NULL);
	ck_assert(rows_set_header(rows, "a,b", 3, ',', &err));
	ck_assert(rows_line(rows, "1,\"x\"\"\"", 7, &out, &err));
	ck_assert_str_eq(buf_str(&out), "{\"a\":\"1\",\"b\":\"x\\\"\"}");
	rows_free(rows);
	buf_free(&out);
}
END_TEST

/* The API's member of that name goes out. */
START_TEST(a_row_names_no_endpoint)
{
	static const char row[] = "{\"q\":\"x\",\"endpoint\":\"east\"}";
	const struct endpoint somewhere = {
		.base_url = (char *)"http://127.0.0.1:1", .provider = provider_by_name("openai")};
	struct rows *rows = rows_new(parse("{\"endpoint\":\"{{q}}\",\"input\":1}"));
	struct request_line line;
	struct error err = {""};
	struct request request;
	struct buf made;

	buf_init(&made, 1 << 20);
	request_init(&request, 1 << 20);
	ck_assert(rows_request(rows, FORMAT_AUTO, row, strlen(row), &made, &line, &err));
	ck_assert_ptr_null(line.endpoint.at);
	ck_assert_msg(request_build(&somewhere, &line, &request, &err), "%s", err.text);
	ck_assert_str_eq(buf_str(&request.body), "{\"endpoint\":\"x\",\"input\":1}");
	request_free(&request);
	buf_free(&made);
	rows_free(rows);
}
END_TEST

static void must_fill(const struct rows *rows, const char *row, const char *line)
{
	struct error err = {""};
	struct buf out;

	buf_init(&out, 1 << 16);
	if (line[0] == '{') {
		ck_assert_msg(rows_line(rows, row, strlen(row), &out, &err), "%s", err.text);
		ck_assert_str_eq(buf_str(&out), line);
	} else {
		ck_assert(!rows_line(rows, row, strlen(row), &out, &err));
		ck_assert_str_eq(err.text, line);
	}
	buf_free(&out);
}

static struct rows *rows_from(const char *template, const char *first)
{
	struct rows *rows = rows_new(parse(template));

	rows_set_first(rows, first, strlen(first));
	return rows;
}

START_TEST(a_line_is_a_field_if_rows_have_none)
{
	struct rows *rows = rows_from("{\"m\":\"{{line}}\"}", "a \"b\"");

	must_fill(rows, "a \"b\"", "{\"m\":\"a \\\"b\\\"\"}");
	must_fill(rows, "{\"line\":1}", "{\"m\":\"{\\\"line\\\":1}\"}");
	must_fill(rows, "\xff",
		"not UTF-8; iconv -f WINDOWS-1252 -t UTF-8 FILE converts the coding of older "
		"systems");
	rows_free(rows);
	rows = rows_from("{\"m\":\"{{line}}\"}", "{\"line\":\"x\"}");
	must_fill(rows, "{\"line\":\"x\"}", "{\"m\":\"x\"}");
	must_fill(rows, "{\"Line\":1}",
		"the row has no field \"line\"; did you mean \"Line\"? It has Line");
	must_fill(rows, "x", "not a row: expected a value at byte 1");
	rows_free(rows);
	rows = rows_from("{\"m\":\"{{line}} {{n}}\"}", "{\"n\":1}");
	must_fill(rows, "{\"n\":1}", "{\"m\":\"{\\\"n\\\":1} 1\"}");
	rows_free(rows);
}
END_TEST

START_TEST(a_missing_field_names_those_there_are)
{
	struct rows *rows = rows_from("{\"m\":\"{{user.First_name}}\"}", "{}");

	must_fill(rows, "{}", "the row has no field \"user.First_name\"; it has none");
	must_fill(rows, "{\"user\":{\"first name\":1,\"x\":2}}",
		"the row has no field \"user.First_name\"; did you mean \"first name\"? It has "
		"first "
		"name, x");
	must_fill(rows, "{\"User\":{\"First_name\":1}}",
		"the row has no field \"user.First_name\"; did you mean \"User\"? It has User");
	rows_free(rows);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {rows_fill_templates, rows_that_do_not_fit_say_why,
		a_template_may_begin_with_a_mark, wrong_templates_are_refused,
		stages_say_how_values_go_in, stages_report_the_missing_value,
		rows_may_stay_as_they_are, a_row_names_no_endpoint,
		a_line_is_a_field_if_rows_have_none, a_missing_field_names_those_there_are, NULL};

	return unit_run("template", tests);
}
