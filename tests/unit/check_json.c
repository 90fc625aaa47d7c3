/* The JSON scanner against jansson, and what it finds, decodes and writes. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "unit.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static struct json_span span_of(const char *text)
{
	return (struct json_span){text, strlen(text)};
}

static bool span_is(struct json_span v, const char *text)
{
	return v.at && v.len == strlen(text) && !memcmp(v.at, text, v.len);
}

/* The verdict of both on the same bytes, in memory that ends where the text ends. */
static void agree(const char *text, size_t len)
{
	json_error_t error;
	char *exact = malloc(len ? len : 1);
	json_t *tree;
	bool ours;

	memcpy(exact, text, len);
	ours = json_pick(exact, len, NULL, 0, NULL) != JSON_NONE;
	tree = json_loadb(exact, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	ck_assert_msg(ours == (tree != NULL), "ours %d, jansson %d (%s) on: %.*s", ours,
		tree != NULL, error.text, (int)len, text);
	json_decref(tree);
	free(exact);
}

static const char *const texts[] = {"{}", "[]", "\"\"", "0", "-0", "-", "01", "1.", ".5", "1.5",
	"1e5", "1E+5", "1e-5", "1e", "1e+", "+1", "0x10", "true", "false", "null", "tru", "truex",
	"nul", "NaN", "Infinity", "", " ", "\t\r\n 1 \n", "1 2", "[1,]", "[,1]", "[1 2]", "[1,,2]",
	"{\"a\":1,}", "{,}", "{\"a\"}", "{\"a\":}", "{\"a\" : 1 , \"b\":[{}]}", "{a:1}", "{1:1}",
	"{\"a\":1 \"b\":2}", "[", "{", "]", "}", "[}", "{]", "[[]", "[]]", "{\"a\":[}", "\"a",
	"\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\u00e9\\n\\/\\b\"", "\"\t\"", "\"a\nb\"",
	"'a'", "\"caf\xc3\xa9\"", "\"\xff\"", "\"\xc3\"", "\"\xed\xa0\x80\"",
	"\"\xf4\x90\x80\x80\"", "\"\xe2\x82\"", "\xef\xbb\xbf{}", "{\"a\":1,\"a\":2}", "\"\x7f\"",
	"[1]//x", "\f1", "\"\\ud83d\\ude00\""};

START_TEST(agrees_with_jansson_on_the_table)
{
	for (size_t i = 0; i < N_OF(texts); i++)
		agree(texts[i], strlen(texts[i]));
}
END_TEST

/* Not asked of jansson, which skips one behind a number. */
START_TEST(nul_bytes_are_refused)
{
	ck_assert_int_eq(json_pick("[1,\0 2]", 7, NULL, 0, NULL), (int)JSON_NONE);
	ck_assert_int_eq(json_pick("\"a\0b\"", 5, NULL, 0, NULL), (int)JSON_NONE);
	ck_assert_int_eq(json_pick("1\0", 2, NULL, 0, NULL), (int)JSON_NONE);
}
END_TEST

/* Each kind of token, and strings long enough for the eight-byte steps to start anywhere. */
static const char sample[] =
	"{\"custom_id\": \"a-1\",\r\n\t\"n\":[-1.5e3,0,10,true,false,null,[],{}],"
	"\"s\":\"\\u0041\\\"\\\\ plain text that is long \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 "
	"end\","
	"\"o\":{\"k\":{\"deep\":[[\"x\"]]}},\"\":\"\"} ";

START_TEST(agrees_with_jansson_on_every_truncation)
{
	for (size_t len = 0; len < sizeof(sample); len++)
		agree(sample, len);
}
END_TEST

START_TEST(agrees_with_jansson_on_every_changed_byte)
{
	static const char others[] = "\"\\{}[]:,0-.e+tu \n\x01\x7f\x80\xc3\xff";
	char text[sizeof(sample)];

	for (size_t i = 0; i < sizeof(sample) - 1; i++) {
		memcpy(text, sample, sizeof(text));
		for (size_t k = 0; others[k]; k++) {
			text[i] = others[k];
			agree(text, sizeof(sample) - 1);
		}
	}
}
END_TEST

START_TEST(depth_has_a_limit)
{
	enum { OVER = JSON_MAX_DEPTH + 1 };
	static char text[2 * OVER];
	struct json_fault fault;

	memset(text, '[', OVER);
	memset(text + OVER, ']', OVER);
	ck_assert_int_eq(json_pick(text + 1, 2 * OVER - 2, NULL, 0, &fault), (int)JSON_VALUE_ARRAY);
	ck_assert_int_eq(json_pick(text, 2 * OVER, NULL, 0, &fault), (int)JSON_NONE);
	ck_assert_uint_eq(fault.at, JSON_MAX_DEPTH);
	ck_assert_str_eq(fault.what, "nested too deeply");
}
END_TEST

/* Picks "a" and, within "o", "k" and "a". */
static void pick_within(
	const char *text, const char *top, const char *of_object, const char *k, const char *a)
{
	struct json_want in[] = {{.name = "k"}, {.name = "a"}};
	struct json_want want[] = {{.name = "a"}, {.name = "o"}};
	const struct json_within within = {1, in, 2, false};
	struct json_span found[4];
	const char *expected[] = {top, of_object, k, a};

	ck_assert(json_pick_within(text, strlen(text), want, 2, &within, NULL) != JSON_NONE);
	found[0] = want[0].value;
	found[1] = want[1].value;
	found[2] = in[0].value;
	found[3] = in[1].value;
	for (size_t i = 0; i < N_OF(found); i++)
		ck_assert_msg(expected[i] ? span_is(found[i], expected[i]) : !found[i].at,
			"%zu of %s", i, text);
}

START_TEST(members_within_a_member_are_found)
{
	struct json_want in = {.name = "k"}, want = {.name = "o"};
	const struct json_within within = {0, &in, 1, false};

	pick_within("{\"o\":{\"k\":1,\"a\":[2]},\"a\":3}", "3", "{\"k\":1,\"a\":[2]}", "1", "[2]");
	pick_within("{\"k\":1,\"x\":{\"k\":2,\"a\":2},\"o\":{\"p\":{\"k\":3}}}", NULL,
		"{\"p\":{\"k\":3}}", NULL, NULL);
	pick_within("{\"\\u006f\" : { \"\\u006b\" : 1 }}", NULL, "{ \"\\u006b\" : 1 }", "1", NULL);
	/* the last of several */
	pick_within(
		"{\"o\":{\"k\":1},\"o\":{\"k\":3,\"k\":2}}", NULL, "{\"k\":3,\"k\":2}", "2", NULL);
	pick_within("{\"o\":{\"k\":1},\"o\":{}}", NULL, "{}", NULL, NULL);
	pick_within("{\"o\":{\"k\":1},\"o\":7}", NULL, "7", NULL, NULL);
	pick_within("{\"o\":{\"k\":1},\"b\":{\"k\":2}}", NULL, "{\"k\":1}", "1", NULL);
	/* arrays have no members */
	pick_within("{\"o\":[{\"k\":1}]}", NULL, "[{\"k\":1}]", NULL, NULL);
	pick_within("[{\"o\":{\"k\":1},\"a\":1}]", NULL, NULL, NULL, NULL);
	/* nor has what is no JSON */
	ck_assert_int_eq(
		json_pick_within("{\"o\":{\"k\":1}", 12, &want, 1, &within, NULL), (int)JSON_NONE);
	ck_assert(!want.value.at && !in.value.at);
}
END_TEST

START_TEST(members_of_elements_are_found)
{
	static const struct {
		const char *text, *k, *a; /* NULL: none */
	} cases[] = {
		{"{\"o\":[{\"k\":1,\"a\":{\"k\":2}}],\"k\":3}", "1", "{\"k\":2}"},
		{"{\"x\":[{\"k\":1}],\"o\":[ 7, {\"k\":2} ,[{\"k\":3}]]}", "2", NULL},
		/* the last one alone */
		{"{\"o\":[{\"k\":1,\"a\":1},{\"a\":2}]}", NULL, "2"},
		{"{\"o\":[{\"k\":1},{}]}", "1", NULL},
		{"{\"o\":[{\"k\":1}],\"o\":[]}", NULL, NULL},
		{"{\"o\":[{\"k\":1}],\"o\":{\"k\":2}}", NULL, NULL},
		{"{\"o\":{\"p\":{\"k\":1}}}", NULL, NULL},
		{"{\"o\":{\"k\":1}}", NULL, NULL},
		{"[{\"o\":[{\"k\":1}]}]", NULL, NULL},
	};

	for (size_t i = 0; i < N_OF(cases); i++) {
		struct json_want in[] = {{.name = "k"}, {.name = "a"}}, want = {.name = "o"};
		const struct json_within within = {0, in, 2, true};
		const char *text = cases[i].text;

		ck_assert(json_pick_within(text, strlen(text), &want, 1, &within, NULL) !=
			  JSON_NONE);
		ck_assert_msg(cases[i].k ? span_is(in[0].value, cases[i].k) : !in[0].value.at,
			"k of %s", text);
		ck_assert_msg(cases[i].a ? span_is(in[1].value, cases[i].a) : !in[1].value.at,
			"a of %s", text);
	}
}
END_TEST

START_TEST(members_are_found_at_the_top_only)
{
	const char *text =
		" {\"a\" : [1, {\"b\":0}], \"\\u0062\":{ \"a\":2 } ,\"c\":\"x\",\"ab\":1,"
		"\"c\":null , \"\":7}";
	struct json_want want[] = {{.name = "a"}, {.name = "b"}, {.name = "c"}, {.name = "d"},
		{.name = ""}, {.name = "abc"}};

	ck_assert_int_eq(
		json_pick(text, strlen(text), want, N_OF(want), NULL), (int)JSON_VALUE_OBJECT);
	ck_assert(span_is(want[0].value, "[1, {\"b\":0}]"));
	ck_assert(span_is(want[0].member, "\"a\" : [1, {\"b\":0}]"));
	ck_assert(span_is(want[1].value, "{ \"a\":2 }"));
	ck_assert(span_is(want[1].member, "\"\\u0062\":{ \"a\":2 }"));
	ck_assert(span_is(want[2].value, "null"));
	ck_assert_ptr_null(want[3].value.at);
	ck_assert(span_is(want[4].value, "7"));
	ck_assert_ptr_null(want[5].value.at);
	ck_assert_int_eq(json_pick("[{\"a\":1}]", 9, want, 1, NULL), (int)JSON_VALUE_ARRAY);
	ck_assert_ptr_null(want[0].value.at);
	ck_assert_int_eq(json_pick("{\"a\":1", 6, want, 1, NULL), (int)JSON_NONE);
	ck_assert_ptr_null(want[0].value.at);
}
END_TEST

START_TEST(strings_are_decoded)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"\"\"", ""},
		{"\"plain\"", "plain"},
		{"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
		{"\"\\u0041\\u00e9\\u20ac\"", "A\xc3\xa9\xe2\x82\xac"},
		{"\"\\ud83d\\ude00!\"", "\xf0\x9f\x98\x80!"},
		{"\"\\ud83d\"", "\xef\xbf\xbd"},
		{"\"\\ud83dx\\ude00\"", "\xef\xbf\xbdx\xef\xbf\xbd"},
		{"\"\\ud83d\\ud83d\\ude00\"", "\xef\xbf\xbd\xf0\x9f\x98\x80"},
	};
	struct buf out;

	buf_init(&out, 100);
	for (size_t i = 0; i < N_OF(cases); i++) {
		buf_clear(&out);
		ck_assert(json_string_decode(span_of(cases[i].in), &out));
		ck_assert_str_eq(buf_str(&out), cases[i].out);
	}
	buf_clear(&out);
	ck_assert(json_string_decode(span_of("\"a\\u0000b\""), &out));
	ck_assert_mem_eq(out.data, "a\0b", 4);
	ck_assert(!json_string_decode(span_of("12"), &out));
	ck_assert(!json_string_decode((struct json_span){NULL, 0}, &out));
	buf_free(&out);
}
END_TEST

START_TEST(numbers_are_read_exactly)
{
	static const struct {
		const char *in;
		bool ok;
		int64_t out;
	} cases[] = {
		{"0", true, 0},
		{"-0", true, 0},
		{"17", true, 17},
		{"1e3", true, 1000},
		{"5.0", true, 5},
		{"1.25e2", true, 125},
		{"1500e-2", true, 15},
		{"1.5", false, 0},
		{"15e-2", false, 0},
		{"0e99999999999999999999", true, 0},
		{"1e99999999999999999999", false, 0},
		{"1e-99999999999999999999", false, 0},
		{"9223372036854775807", true, INT64_MAX},
		{"-9223372036854775808", true, INT64_MIN},
		{"9223372036854775808", false, 0},
		{"9007199254740993.0", true, INT64_C(9007199254740993)},
		{"\"1\"", false, 0},
		{"true", false, 0},
	};
	double d;

	for (size_t i = 0; i < N_OF(cases); i++) {
		int64_t n = -7;

		ck_assert_msg(
			json_span_int(span_of(cases[i].in), &n) == cases[i].ok, "%s", cases[i].in);
		ck_assert_int_eq(n, cases[i].ok ? cases[i].out : -7);
	}
	ck_assert(json_span_double(span_of("-1.5e3"), &d) && d == -1500);
	ck_assert(json_span_double(span_of("0.1000000000000000000000000000000000000000000000000000"
					   "000000000000000000000000000000000000000000000000000"),
			  &d) &&
		  d == 0.1);
	ck_assert(!json_span_double(span_of("null"), &d));
}
END_TEST

START_TEST(text_becomes_a_string)
{
	struct buf out;

	buf_init(&out, 64);
	ck_assert(json_add_string(&out, "a\"b\\c\n\r\t\x01\xc3\xa9\xff\0z", 14));
	ck_assert_str_eq(
		buf_str(&out), "\"a\\\"b\\\\c\\n\\r\\t\\u0001\xc3\xa9\xef\xbf\xbd\\u0000z\"");
	buf_clear(&out);
	ck_assert(json_add_string(&out, "", 0));
	ck_assert_str_eq(buf_str(&out), "\"\"");
	buf_free(&out);
}
END_TEST

START_TEST(a_value_goes_onto_one_line)
{
	struct buf out;

	buf_init(&out, 64);
	ck_assert(buf_adds(&out, "x\n"));
	ck_assert(json_add_one_line(&out, span_of("{\r\n \"a\": \"\\n\",\n\"b\":1}")));
	ck_assert_str_eq(buf_str(&out), "x\n{   \"a\": \"\\n\", \"b\":1}");
	buf_free(&out);
}
END_TEST

START_TEST(members_are_left_out)
{
	static const char *const names[] = {"custom_id", "priority"};
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"{}", "{}"},
		{"{\"custom_id\":1}", "{}"},
		{"{\"custom_id\":1,\"a\": [1, 2] ,\"b\":{\"priority\":1}}",
			"{\"a\": [1, 2],\"b\":{\"priority\":1}}"},
		{"{\"a\":1,\"custom\\u005fid\":1,\"priority\":2,\"custom_id\":3}", "{\"a\":1}"},
	};
	struct buf out;

	buf_init(&out, 100);
	for (size_t i = 0; i < N_OF(cases); i++) {
		buf_clear(&out);
		ck_assert(json_add_without(&out, span_of(cases[i].in), names, N_OF(names)));
		ck_assert_str_eq(buf_str(&out), cases[i].out);
	}
	buf_clear(&out);
	ck_assert(!json_add_without(&out, span_of("[]"), names, N_OF(names)));
	buf_free(&out);
}
END_TEST

static bool append_member(void *ctx, struct json_span key, struct json_span value)
{
	struct buf *out = ctx;

	buf_add(out, key.at, key.len);
	buf_add(out, value.at, value.len);
	return buf_addc(out, ';') && !json_span_is(value, JSON_VALUE_NULL);
}

START_TEST(members_are_visited_in_order)
{
	struct buf out;

	buf_init(&out, 100);
	ck_assert(json_each(span_of("{\"a\" : [1],\"\\u0062\":{\"c\":2} }"), append_member, &out));
	ck_assert_str_eq(buf_str(&out), "\"a\"[1];\"\\u0062\"{\"c\":2};");
	buf_clear(&out);
	ck_assert(!json_each(span_of("{\"a\":null,\"b\":1}"), append_member, &out));
	ck_assert_str_eq(buf_str(&out), "\"a\"null;");
	ck_assert(!json_each(span_of("[]"), append_member, &out));
	buf_free(&out);
}
END_TEST

/* As json_each() finds them. */
START_TEST(members_of_a_valid_object_are_the_same)
{
	static const char *const objects[] = {"{}", "{ }", "{\"a\":1}", "{\"a\":1,\"b\":2}",
		" {\n\"a\" :\t[1, {\"b\":\"]}\"}, []] ,\"c\": {\"d\":{}} , \"e\":-1.5e3 }",
		"{\"\\\"\":\"\\\\\",\"x\\\\\\\"}\":\"a\\\\\\\"b\",\"\":true}",
		"{\"a\":false,\"b\":[[[]],[\"[\"]],\"c\":\"\"}", "[1]", "1"};
	struct buf one, other;

	buf_init(&one, 1000);
	buf_init(&other, 1000);
	for (size_t i = 0; i < N_OF(objects); i++) {
		buf_clear(&one);
		buf_clear(&other);
		ck_assert_int_eq(json_each_valid(span_of(objects[i]), append_member, &one),
			json_each(span_of(objects[i]), append_member, &other));
		ck_assert_str_eq(buf_str(&one), buf_str(&other));
	}
	ck_assert(!json_each_valid((struct json_span){NULL, 0}, append_member, &one));
	buf_clear(&one);
	ck_assert(!json_each_valid(span_of("{\"a\":null,\"b\":1}"), append_member, &one));
	ck_assert_str_eq(buf_str(&one), "\"a\"null;");
	buf_free(&one);
	buf_free(&other);
}
END_TEST

START_TEST(values_are_found_by_their_paths)
{
	static const char text[] = " {\"a\":[1, {\"b\\u0063\":\"x.y\"} ,[]],\"n\":null,\"a\\/\":2,"
				   "\"d\":1,\"d\":1.10}\n";
	static const struct {
		const char *path, *found; /* NULL: absent */
	} cases[] = {
		{"a.0", "1"},
		{"a.1.bc", "\"x.y\""},
		{"a.1", "{\"b\\u0063\":\"x.y\"}"},
		{"a.2", "[]"},
		{"a.2.0", NULL},
		{"a.3", NULL},
		{"a.-1", NULL},
		{"a. 1", NULL},
		{"a.1x", NULL},
		{"a.99999999999999999999", NULL},
		{"a.length", NULL},
		{"n", "null"},
		{"n.x", NULL},
		{"a/", "2"},
		{"d", "1.10"},
		{"d.0", NULL},
		{"b", NULL},
	};
	struct json_span whole = json_whole(text, strlen(text)), v;

	ck_assert_uint_eq(whole.len, strlen(text) - 2);
	ck_assert_ptr_eq(json_find(whole, "").at, whole.at);
	for (size_t i = 0; i < N_OF(cases); i++) {
		v = json_find(whole, cases[i].path);
		ck_assert_msg(!v.at == !cases[i].found, "%s", cases[i].path);
		ck_assert_msg(!v.at || (v.len == strlen(cases[i].found) &&
					       !memcmp(v.at, cases[i].found, v.len)),
			"%s: %.*s", cases[i].path, (int)v.len, v.at);
	}
	ck_assert_ptr_null(json_whole("{} x", 4).at);
	ck_assert_ptr_null(json_whole("", 0).at);
	ck_assert_ptr_null(json_find(json_whole("{", 1), "a").at);
}
END_TEST

/* ---- writing ---- */

static void write_all_kinds(struct json_writer *w)
{
	static const struct json_span broken = {"[1,\n2]", 6}, absent = {NULL, 0};

	json_open_object(w);
	json_member_string(w, "s", "a\"b\n", 4);
	json_key_text(w, "k\\", 2);
	json_put_null(w);
	json_member_array(w, "a");
	json_open_object(w);
	json_close_object(w);
	json_open_array(w);
	json_close_array(w);
	json_put_int(w, INT64_MIN);
	json_put_uint(w, UINT64_MAX);
	json_put_bool(w, true);
	json_put_text(w, "");
	json_put_raw(w, "{ }", 3);
	json_close_array(w);
	json_member_object(w, "o");
	json_member_ms(w, "ms", 1250);
	json_member_double(w, "d", -0.125, 2);
	json_member_span(w, "one", broken);
	json_member_span(w, "none", absent);
	json_close_object(w);
	json_key(w, "id");
	json_open_string(w);
	json_part(w, "x-", 2);
	json_part_uint(w, 7);
	json_part_hex(w, UINT64_C(0xfedc0), 6);
	json_part_hex(w, UINT64_C(0x0123456789abcdef), 16);
	json_part_hex(w, UINT64_C(0x9af09af09a), 9);
	json_close_string(w);
	json_member_int(w, "n", -7);
	json_close_object(w);
}

static const char all_kinds[] =
	"{\"s\":\"a\\\"b\\n\",\"k\\\\\":null,\"a\":[{},[],-9223372036854775808,"
	"18446744073709551615,true,\"\",{ }],\"o\":{\"ms\":1.3,\"d\":-0.12,\"one\":[1, 2],"
	"\"none\":null},\"id\":\"x-70fedc00123456789abcdefaf09af09a\",\"n\":-7}";

START_TEST(commas_stand_where_they_must)
{
	struct json_writer w;
	struct buf out;

	buf_init(&out, 1000);
	w = json_writer_to(&out);
	write_all_kinds(&w);
	ck_assert(json_writer_fits(&w));
	ck_assert_str_eq(buf_str(&out), all_kinds);
	ck_assert_int_eq(json_pick(out.data, out.len, NULL, 0, NULL), JSON_VALUE_OBJECT);
	buf_clear(&out);
	w = json_writer_behind(&out);
	json_member_int(&w, "a", 1);
	json_member_int(&w, "b", 2);
	w = json_writer_behind(&out);
	json_member_bool(&w, "c", false);
	ck_assert_str_eq(buf_str(&out), "\"a\":1,\"b\":2,\"c\":false");
	buf_free(&out);
}
END_TEST

START_TEST(a_full_writer_says_so)
{
	for (size_t max = 0; max <= sizeof(all_kinds) + 2; max++) {
		struct json_writer w;
		struct buf out;

		buf_init(&out, max);
		w = json_writer_to(&out);
		write_all_kinds(&w);
		ck_assert_int_eq(json_writer_fits(&w), max >= sizeof(all_kinds) - 1);
		ck_assert_uint_le(out.len, max);
		buf_free(&out);
	}
}
END_TEST

START_TEST(reals_are_written_as_jansson_does)
{
	static const double values[] = {0, 1, -1, 0.1, 1.0 / 3, 1e5, 123456, 1234567, 1e6, 1e15,
		1e100, 1e-4, 1e-5, 1.5e-7, 2.5e-100, -3e20, 99999.95, 999999.5, 1e300};

	for (size_t i = 0; i < N_OF(values); i++) {
		json_t *real = json_real(values[i]);
		char *text = json_dumps(real, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
		struct json_writer w;
		struct buf out;

		buf_init(&out, 100);
		w = json_writer_to(&out);
		json_put_real(&w, values[i]);
		ck_assert_str_eq(buf_str(&out), text);
		buf_free(&out);
		free(text);
		json_decref(real);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {agrees_with_jansson_on_the_table, nul_bytes_are_refused,
		agrees_with_jansson_on_every_truncation, agrees_with_jansson_on_every_changed_byte,
		depth_has_a_limit, members_are_found_at_the_top_only,
		members_within_a_member_are_found, members_of_elements_are_found, strings_are_decoded, numbers_are_read_exactly,
		text_becomes_a_string, a_value_goes_onto_one_line, members_are_left_out,
		members_are_visited_in_order, members_of_a_valid_object_are_the_same,
		values_are_found_by_their_paths, commas_stand_where_they_must,
		a_full_writer_says_so, reals_are_written_as_jansson_does, NULL};

	return unit_run("json", tests);
}
