/* Rows in place of requests: placeholders and what they become. */
#include <string.h>

#include "api/template.h"
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
		struct template *t = parse(cases[i].text);
		struct error err = {""};
		struct buf out;

		buf_init(&out, 1 << 20);
		ck_assert_msg(template_line(t, cases[i].row, strlen(cases[i].row), &out, &err),
			"case %zu: %s", i, err.text);
		ck_assert_str_eq(buf_str(&out), cases[i].line);
		buf_free(&out);
		template_free(t);
	}
}
END_TEST

START_TEST(rows_that_do_not_fit_say_why)
{
	static const struct {
		const char *row, *says;
	} cases[] = {{"{\"b\":1}", "no field \"a.b\""}, {"{\"a\":{}}", "no field \"a.b\""},
		{"{\"a\":[1]}", "no field \"a.b\""}, {"[1]", "no JSON object"},
		{"{\"a\":", "not a row"}, {"", "not a row"}};
	struct template *t = parse("{\"m\":\"{{a.b}}\"}");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {""};
		struct buf out;

		buf_init(&out, 1 << 20);
		ck_assert(!template_line(t, cases[i].row, strlen(cases[i].row), &out, &err));
		ck_assert_msg(strstr(err.text, cases[i].says) != NULL, "%s", err.text);
		buf_free(&out);
	}
	template_free(t);
}
END_TEST

START_TEST(wrong_templates_are_refused)
{
	static const struct {
		const char *text, *says;
	} cases[] = {{"", "no JSON object"}, {"[\"{{a}}\"]", "no JSON object"},
		{"{\"m\":\"{{a\"}", "line 1: a {{ without"},
		{"{\n\"m\":\"{{ }}\"}", "line 2: {{}}"}, {"{\"m\":{{a}}x}", "no JSON object"},
		{"{\"m\":\"{{a\n}}\"}", "without its }}"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {""};

		ck_assert(!template_new(cases[i].text, strlen(cases[i].text), &err));
		ck_assert_msg(strstr(err.text, cases[i].says) != NULL, "%zu: %s", i, err.text);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {rows_fill_templates, rows_that_do_not_fit_say_why,
		wrong_templates_are_refused, NULL};

	return unit_run("template", tests);
}
