/* The list of requests in pieces of any size. */
#include <stdio.h>
#include <string.h>

#include "serve/request_list.h"
#include "unit.h"

#define NOT_JSON "!The request body is not valid JSON"

static const struct {
	const char *text, *lines; /* "!" and why not */
} lists[] = {
	{"{\"requests\":[{\"custom_id\":\"a\"},{\"b\":[1,2]}]}",
		"{\"custom_id\":\"a\"}\n{\"b\":[1,2]}\n"},
	{" { \"x\" : {\"requests\":[1,\"]}\"]} ,\n\"requests\" : [ {\"a\":\"},]\\\"\"} , 7 ] , "
	 "\"y\":null } ",
		"{\"a\":\"},]\\\"\"} \n7 \n"},
	{"{\"requests\":[{\"a\":\n1}]}", "{\"a\": 1}\n"},
	{"{\"requests\":[{\"a\":\"\n\"}]}", "{\"a\":\"\1\"}\n"},
	{"{\"requests\":[1],\"requests\":[2]}", NOT_JSON},
	{"{\"requests\":[]}",
		"!requests: List should have at least 1 item after validation, not 0"},
	{"{}", "!requests: Field required"},
	{"{\"requests\\u0000\":[1]}", "!requests: Field required"},
	{"{\"requests\":{}}", "!requests: Input should be a valid list"},
	{"{\"requests\":7}", "!requests: Input should be a valid list"},
	{"{\"requests\":[1,]}", NOT_JSON},
	{"{\"requests\":[,1]}", NOT_JSON},
	{"{\"requests\":[1,,2]}", NOT_JSON},
	{"{\"requests\":[1}", NOT_JSON},
	{"{\"requests\":[1]", NOT_JSON},
	{"{\"requests\":[1]}}", NOT_JSON},
	{"{\"requests\" [1]}", NOT_JSON},
	{"[]", NOT_JSON},
	{"", NOT_JSON},
	{"{\"a\":\"", NOT_JSON},
};

static void read_list(const char *text, size_t piece, char *out, size_t size)
{
	struct request_list l;
	struct buf lines;
	size_t len = strlen(text);

	buf_init(&lines, size - 1);
	request_list_init(&l, "requests", &lines);
	for (size_t at = 0; at < len; at += piece)
		if (!request_list_feed(&l, text + at, len - at < piece ? len - at : piece))
			break;
	if (request_list_end(&l))
		snprintf(out, size, "%s", buf_str(&lines));
	else
		snprintf(out, size, "!%s%s", l.in_list ? "requests: " : "", l.fault);
	buf_free(&lines);
}

START_TEST(a_list_becomes_lines)
{
	char out[500];

	for (size_t piece = 1; piece < 100; piece++) {
		read_list(lists[_i].text, piece, out, sizeof(out));
		ck_assert_str_eq(out, lists[_i].lines);
	}
}
END_TEST

START_TEST(a_model_is_a_text)
{
	/* NULL: it is refused */
	static const char *const texts[][2] = {{"{\"model\":\"m-1\",\"requests\":[1]}", "m-1"},
		{"{\"requests\":[1], \"model\" : \"m\" }", "m"},
		{"{\"model\":null,\"requests\":[1]}", ""},
		{"{\"model\":\"a\\/\\u0062\",\"requests\":[1]}", "a/b"},
		{"{\"requests\":[1],\"model\":7}", NULL}, {"{\"requests\":[1],\"model\":{}}", NULL},
		{"{\"requests\":[1],\"model\":\"a\\u0000\"}", NULL},
		{"{\"x\":\"y\",\"requests\":[1]}", ""},
		{"{\"model\":[\"m\",7],\"requests\":[1]}", NULL}};
	struct request_list l;
	char model[REQUEST_LIST_MODEL];
	struct buf lines;

	buf_init(&lines, 100);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		request_list_init(&l, "requests", &lines);
		ck_assert(request_list_feed(&l, texts[i][0], strlen(texts[i][0])));
		ck_assert(request_list_model(&l, model) == !!texts[i][1]);
		if (texts[i][1])
			ck_assert_str_eq(model, texts[i][1]);
	}
	buf_free(&lines);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_model_is_a_text, NULL};
	const struct unit_suite suite = {.name = "request list",
		.tests = tests,
		.loop = a_list_becomes_lines,
		.loops = sizeof(lists) / sizeof(lists[0])};

	return unit_run_suite(&suite);
}
