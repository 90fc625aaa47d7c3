/* The canonical form: what asks the same is the same text, what asks another thing is not. */
#include "api/canonical.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "unit.h"

/* The form, or "-" when there is none. */
static const char *form(const char *json)
{
	static struct buf out = {.max = 1 << 20};

	buf_clear(&out);
	return canonical_json(json, strlen(json), &out) ? buf_str(&out) : "-";
}

static const struct {
	const char *json, *form;
} cases[] = {
	/* white space */
	{" { \"a\" : [ 1 , 2 ] }\r\n", "{\"a\":[1,2]}"},
	{"{}", "{}"},
	{"[ ]", "[]"},
	{"[[],{ }]", "[[],{}]"},
	{" null", "null"},
	{"[true,false,null]", "[true,false,null]"},
	/* the order of members, at every level; that of elements counts */
	{"{\"b\":1,\"a\":2}", "{\"a\":2,\"b\":1}"},
	{"{\"b\":{\"d\":1,\"c\":{\"z\":1,\"y\":2}},\"a\":[{\"q\":1,\"p\":2}]}",
		"{\"a\":[{\"p\":2,\"q\":1}],\"b\":{\"c\":{\"y\":2,\"z\":1},\"d\":1}}"},
	{"[2,1]", "[2,1]"},
	{"{\"ab\":1,\"a\":2,\"\":3,\"b\":4,\"a\\u0000\":5}",
		"{\"\":3,\"a\":2,\"a\\u0000\":5,\"ab\":1,\"b\":4}"},
	{"{\"a\\u0062\":1,\"aa\":2}", "{\"aa\":2,\"ab\":1}"},
	/* strings */
	{"\"\\u0041\\/\\u00e9\"", "\"A/\xc3\xa9\""},
	{"\"\\u0022\\u005C\\u000A\\t\\b\"", "\"\\\"\\\\\\n\\t\\u0008\""},
	{"\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\""},
	{"\"\xf0\x9f\x98\x80\"", "\"\xf0\x9f\x98\x80\""},
	{"\"\\\\\"", "\"\\\\\""},
	{"\"a\\\\\\\"b\"", "\"a\\\\\\\"b\""},
	/* numbers, by their value */
	{"1.0", "1"},
	{"1", "1"},
	{"10e-1", "1"},
	{"0.1e1", "1"},
	{"1E+0", "1"},
	{"100", "1e2"},
	{"1500", "15e2"},
	{"1.5e3", "15e2"},
	{"0.0010", "1e-3"},
	{"10.01", "1001e-2"},
	{"-0", "0"},
	{"-0.00e7", "0"},
	{"-2.50", "-25e-1"},
	{"123456789012345678901234567890", "12345678901234567890123456789e1"},
	{"0.1234567890123456789", "1234567890123456789e-19"},
	{"1e400", "1e400"},
	{"[1.5,20]", "[15e-1,2e1]"},
	/* no form at all */
	{"", "-"},
	{"{\"a\":1", "-"},
	{"{\"a\":1}x", "-"},
	{"[01]", "-"},
	{"\"\xff\"", "-"},
	{"{\"a\":1,\"a\":1}", "-"},
	{"{\"a\":1,\"b\":2,\"\\u0061\":3}", "-"},
	{"[{\"x\":{\"a\":1,\"b\":2,\"a\":3}}]", "-"},
	{"\"\\ud800\"", "-"},
	{"\"\\udc00\\ud800\"", "-"},
	{"\"\\uD83Dx\"", "-"},
	{"\"\\\\\\udbff\"", "-"},
	{"1e99999999999999999999", "-"},
};

START_TEST(values_have_one_form)
{
	ck_assert_str_eq(form(cases[_i].json), cases[_i].form);
}
END_TEST

START_TEST(a_form_is_its_own_form)
{
	char once[256];

	if (!strcmp(cases[_i].form, "-"))
		return;
	snprintf(once, sizeof(once), "%s", form(cases[_i].json));
	ck_assert_str_eq(form(once), once);
}
END_TEST

START_TEST(depth_is_no_danger)
{
	char deep[2 * JSON_MAX_DEPTH + 1];

	memset(deep, '[', JSON_MAX_DEPTH);
	memset(deep + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
	deep[2 * JSON_MAX_DEPTH] = '\0';
	ck_assert_str_eq(form(deep), deep);
}
END_TEST

START_TEST(a_full_buffer_is_reported)
{
	static const char json[] = "{\"b\":[1.25,\"\\n\"],\"a\":{}}";

	for (size_t max = 0; max < 28; max++) {
		struct buf out;

		buf_init(&out, max);
		ck_assert_int_eq(canonical_json(json, strlen(json), &out), max >= 26);
		buf_free(&out);
	}
}
END_TEST

static const char *request(const char *headers, const char *body, bool json, const char *common)
{
	static struct buf out = {.max = 1 << 20};
	struct request r;
	bool ok;

	buf_clear(&out);
	request_init(&r, 1 << 20);
	strcpy(r.method, "POST");
	buf_adds(&r.url, "http://h/v1?key=1");
	buf_adds(&r.headers, headers);
	r.has_body = body != NULL;
	if (body)
		buf_adds(&r.body, body);
	ok = canonical_request(&r, json, common, &out);
	request_free(&r);
	return ok ? buf_str(&out) : "-";
}

START_TEST(a_request_is_method_url_headers_and_body)
{
	ck_assert_str_eq(request("X-B: 2\nA: X\n", "{ \"b\":1, \"a\":2 }", true, "x-A: 1\n"),
		"{\"body\":{\"a\":2,\"b\":1},\"headers\":[\"a: X\",\"x-a: 1\",\"x-b: 2\"],"
		"\"method\":\"POST\",\"url\":\"http://h/v1?key=1\"}");
	ck_assert_str_eq(request("", NULL, true, ""),
		"{\"body\":null,\"headers\":[],\"method\":\"POST\",\"url\":\"http://h/v1?key=1\"}");
	ck_assert_str_eq(request("", "{ }", false, ""),
		"{\"body\":\"{ }\",\"headers\":[],\"method\":\"POST\",\"url\":\"http://h/"
		"v1?key=1\"}");
	ck_assert_str_eq(request("", "{\"a\":1,\"a\":2}", true, ""), "-");
}
END_TEST

START_TEST(wide_hashes_distinguish_texts_and_seeds)
{
	struct hash128 a = hash_wide("a", 1, 1), b = hash_wide("a", 1, 2), c = hash_wide("b", 1, 1);

	ck_assert(a.low != b.low && a.high != b.high && a.low != c.low && a.high != c.high);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("canonical");
	TCase *tcase = tcase_create("canonical");
	SRunner *runner = srunner_create(suite);
	int n = sizeof(cases) / sizeof(cases[0]), failed;

	tcase_add_loop_test(tcase, values_have_one_form, 0, n);
	tcase_add_loop_test(tcase, a_form_is_its_own_form, 0, n);
	tcase_add_test(tcase, depth_is_no_danger);
	tcase_add_test(tcase, a_full_buffer_is_reported);
	tcase_add_test(tcase, a_request_is_method_url_headers_and_body);
	tcase_add_test(tcase, wide_hashes_distinguish_texts_and_seeds);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
