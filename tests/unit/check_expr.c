/* Conditions of pipelines: their grammar and their truth. */
#include <string.h>

#include "flow/expr.h"
#include "unit.h"

/* Values by path: n is 3, s is "abc", t true, zero 0, none null. */
static enum json_type known(void *ctx, const char *path, struct buf *text)
{
	static const struct {
		const char *path, *text;
		enum json_type type;
	} values[] = {{"n", "3", JSON_VALUE_NUMBER}, {"a.s", "abc", JSON_VALUE_STRING},
		{"t", "true", JSON_VALUE_TRUE}, {"zero", "0", JSON_VALUE_NUMBER},
		{"none", "null", JSON_VALUE_NULL}, {"empty", "", JSON_VALUE_STRING}};

	(void)ctx;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (!strcmp(values[i].path, path)) {
			buf_adds(text, values[i].text);
			return values[i].type;
		}
	return JSON_NONE;
}

START_TEST(conditions_hold_or_not)
{
	static const struct {
		const char *text;
		bool holds;
	} cases[] = {
		{"n == 3", true},
		{"n == 3.0", true},
		{"n!=3", false},
		{"n < 10", true},
		{"n >= 3 and n <= 3", true},
		{"n > 3", false},
		{"n == '3'", false},
		{"n < 'a'", false},
		{"n != 'a'", true},
		{"a.s == \"abc\"", true},
		{"a.s < 'abd'", true},
		{"a.s < 'ab'", false},
		{"t", true},
		{"t == true", true},
		{"t == false", false},
		{"zero", false},
		{"empty", false},
		{"missing", false},
		{"not missing", true},
		{"not not t", true},
		{"exists n", true},
		{"exists none", false},
		{"exists missing", false},
		{"exists empty", true},
		{"none == null", true},
		{"missing == null", true},
		{"missing < 3", false},
		{"missing != 3", true},
		{"missing or t", true},
		{"zero or zero and t", false},
		{"t or zero and zero", true},
		{"(t or zero) and zero", false},
		{"not (n == 3 or t)", false},
		{"not n == 4", true},
		{" ( t ) ", true},
		{"n > -1.5e1", true},
		{"n>-1", true},
		{"3 == n", true},
		{"null", false},
		{"false", false},
		{"0", false},
		{"-1", true},
		{"''", false},
		{"'and' == 'and'", true},
		{"a.s == 'ABC'", false},
		{"t == 1", false},
		{"missing == ''", false},
		{"missing <= missing", false},
		{"not exists missing and exists n", true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct expr e;
		struct error err = {""};

		ck_assert_msg(expr_parse(cases[i].text, strlen(cases[i].text), &e, &err), "%s: %s",
			cases[i].text, err.text);
		ck_assert_msg(expr_holds(&e, known, NULL) == cases[i].holds, "%s", cases[i].text);
		expr_free(&e);
	}
}
END_TEST

START_TEST(bad_conditions_are_refused)
{
	static const char *const texts[] = {"", " ", "n ==", "== n", "n = 3", "(n", "n)", "n n",
		"exists", "exists 'a'", "not", "n and", "'open", "a..b", ".a", "a.", "1x",
		"n == and", "n < 1 < 2", "a$", "-"};
	char deep[200];
	struct expr e;
	struct error err;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		err.text[0] = '\0';
		ck_assert_msg(!expr_parse(texts[i], strlen(texts[i]), &e, &err), "%s", texts[i]);
		ck_assert_msg(strstr(err.text, "at character") != NULL, "%s", err.text);
		expr_free(&e);
	}
	memset(deep, '(', sizeof(deep));
	ck_assert(!expr_parse(deep, sizeof(deep), &e, &err));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {conditions_hold_or_not, bad_conditions_are_refused, NULL};

	return unit_run("expr", tests);
}
