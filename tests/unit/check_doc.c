/* Texts of the inspector: indented JSON, wrapped lines, places found, files saved. */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "canvas.h"
#include "doc.h"
#include "fake_port.h"
#include "find.h"
#include "inspector.h"
#include "inspector_text.h"
#include "list.h"
#include "pretty.h"
#include "folder.h"
#include "unit.h"

START_TEST(json_is_indented_token_by_token)
{
	static const struct {
		const char *in, *out; /* NULL: left as it is */
	} cases[] = {
		{"{}", "{}"},
		{" [ ] ", "[]"},
		{"{\"b\":1,\"a\":[1.0e+3,true,null],\"b\":2}",
			"{\n  \"b\": 1,\n  \"a\": [\n    1.0e+3,\n    true,\n    null\n  ],\n  "
			"\"b\": 2\n}"},
		{"[\"a\\\"],{\",12345678901234567890123]",
			"[\n  \"a\\\"],{\",\n  12345678901234567890123\n]"},
		{"[{},[]]", "[\n  {},\n  []\n]"},
		{"12", NULL},
		{"{\"a\":", NULL},
		{"not json", NULL},
		{"", NULL},
	};
	struct tinted out;

	tinted_init(&out, 4096);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tinted_cut(&out, 0);
		ck_assert_msg(pretty_json(&out, cases[i].in, strlen(cases[i].in)) ==
				      (cases[i].out != NULL),
			"case %zu", i);
		ck_assert_str_eq(buf_str(&out.text), cases[i].out ? cases[i].out : "");
		ck_assert_uint_eq(out.roles.len, out.text.len);
	}
	tinted_free(&out);
}
END_TEST

/* Names, strings, numbers and signs are told apart, in broken lines, too; a hit is a hit. */
START_TEST(json_has_roles)
{
	static const char json[] = "{\"a\":[\"b: c\",-1,null]}";
	static const char *const lines[] = {R_DIM "{", R_DIM "  " R_KEY "\"a\"" R_DIM ": [",
		R_DIM "    " R_TEXT "\"b: ", R_FOUND "c" R_TEXT "\"" R_DIM ",",
		R_DIM "    " R_STRONG "-1" R_DIM ",", R_DIM "    " R_STRONG "null", R_DIM "  ]",
		R_DIM "}", "after"};
	struct doc d = {0};
	struct tinted out;
	char line[64];

	tinted_init(&out, 4096);
	ck_assert(pretty_json(&out, json, sizeof(json) - 1));
	buf_adds(&out.text, "\nafter");
	tinted_as(&out, ROLE_TEXT);
	doc_set(&d, out.text.data, out.roles.data, out.text.len);
	doc_wrap(&d, 9);
	ck_assert_uint_eq(d.lines, sizeof(lines) / sizeof(lines[0]));
	for (size_t i = 0; i < d.lines; i++) {
		doc_show(&d, i, "c", 0, line, sizeof(line));
		ck_assert_str_eq(line, lines[i]);
	}
	doc_free(&d);
	tinted_free(&out);
}
END_TEST

START_TEST(no_line_is_wider_than_it_may_be)
{
	static const char raw[] = "short\n\na line of several words that is long\r\n"
				  "日本語の長い行はここで折り返されます\n"
				  "\x1b[2J\xff\xc3\xe2\x80\xae controls\nwithoutanyblankatallinit";
	struct doc d = {0};
	char line[256];

	doc_set(&d, raw, NULL, sizeof(raw) - 1);
	for (int cells = 1; cells < 50; cells++) {
		size_t sum = 0;

		doc_wrap(&d, cells);
		for (size_t i = 0; i < d.lines; i++) {
			doc_show(&d, i, "", 0, line, sizeof(line));
			/* a wide character is not split */
			ck_assert_msg(text_cells(line) <= (cells > 1 ? cells : 2),
				"%d cells: line %zu has %d", cells, i, text_cells(line));
			sum += d.line[i].len;
		}
		/* all is there but the five newlines */
		ck_assert_uint_eq(sum, d.len - 5);
	}
	doc_wrap(&d, 0);
	ck_assert_uint_eq(d.lines, 6);
	ck_assert_ptr_null(memchr(d.text, '\x1b', d.len));
	doc_free(&d);
}
END_TEST

START_TEST(text_is_found_around_the_ends_and_across_a_break)
{
	static const char raw[] = "alpha\nbeta gamma\nALPHA\n";
	struct doc d = {0};
	char line[64];
	size_t at = 9;

	doc_set(&d, raw, NULL, sizeof(raw) - 1);
	doc_wrap(&d, 0);
	ck_assert(doc_find(&d, "alpha", 0, false, &at) && at == 0);
	ck_assert(doc_find(&d, "alpha", 1, false, &at) && at == 2);
	ck_assert(doc_find(&d, "beta", 2, false, &at) && at == 1);
	ck_assert(doc_find(&d, "alpha", 1, true, &at) && at == 0);
	ck_assert(!doc_find(&d, "delta", 0, false, &at));
	ck_assert(!doc_find(&d, "", 0, false, &at));
	doc_wrap(&d, 4); /* "alph" "a" ... */
	ck_assert(doc_find(&d, "alpha", 1, true, &at) && at == 0);
	doc_show(&d, 0, "alpha", 0, line, sizeof(line));
	ck_assert_str_eq(line, "\x0e"
			       "alph");
	doc_show(&d, 1, "alpha", 0, line, sizeof(line));
	ck_assert_str_eq(line, "\x0e"
			       "a");
	doc_wrap(&d, 0);
	doc_show(&d, 1, "a g", 2, line, sizeof(line));
	ck_assert_str_eq(line, "t\x0e"
			       "a g\x01"
			       "amma");
	doc_free(&d);
}
END_TEST

START_TEST(tabs_are_blanks_up_to_the_next_stop)
{
	static const char raw[] = "\ta\tbcd\te\n日本\tf";
	struct doc d = {0};

	doc_set(&d, raw, NULL, sizeof(raw) - 1);
	ck_assert_str_eq(d.text, "    a   bcd e\n日本    f");
	doc_free(&d);
}
END_TEST

/* When an attempt of an earlier session began is not known, and what it was given is. */
START_TEST(an_attempt_has_no_made_up_time)
{
	struct item_detail d = {.attempts = 1,
		.attempt = {{.number = 6,
			.started_wall_us = -1,
			.latency_us = 805000,
			.first_byte_us = -1,
			.connect_us = -1,
			.wait_us = -1,
			.first_token_us = 120000,
			.tokens_per_s = 57.3F,
			.tokens_in = 66,
			.tokens_out = 100,
			.usd = 0.00007,
			.status = 200,
			.endpoint = "east"}}};
	struct tinted out;

	tinted_init(&out, 4096);
	inspector_text(&out, &d, TAB_ATTEMPTS);
	ck_assert_str_eq(buf_str(&out.text),
		"attempt 6  ok  HTTP 200\n"
		"     took 805ms  first token 120ms  57.3 tok/s\n"
		"     tokens in 66  out 100  $0.000070  endpoint east\n\n");
	tinted_free(&out);
}
END_TEST

START_TEST(movement_stays_inside)
{
	struct list l = {0};

	list_fit(&l, 100, 10);
	ck_assert(list_move(&l, "end") && l.cursor == 99 && l.first == 90);
	ck_assert(list_move(&l, "-page") && l.cursor == 89 && l.first == 89);
	ck_assert(list_move(&l, "+half") && l.cursor == 94 && l.first == 89);
	ck_assert(list_move(&l, "-1000") && l.cursor == 0 && l.first == 0);
	ck_assert(!list_move(&l, "+") && !list_move(&l, "+x") && !list_move(&l, "1") &&
		  !list_move(&l, "") && !list_move(&l, "+-1") && !list_move(&l, "+0"));
	ck_assert(list_scroll(&l, "+18446744073709551615") && l.first == 90);
	list_fit(&l, 0, 0);
	ck_assert(list_move(&l, "+1") && l.cursor == 0 && l.first == 0);
}
END_TEST

START_TEST(a_body_is_saved_as_it_came_for_its_owner_alone)
{
	struct fake_port f;
	struct port port = fake_port_port(&f);
	struct inspector in = {0};
	char dir[64], path[80];
	struct error err;
	struct stat st;
	uint64_t bytes;

	ck_assert(fake_port_scene(&f, "hostile"));
	ck_assert(folder_make(dir, sizeof(dir)));
	snprintf(path, sizeof(path), "%s/body", dir);
	inspector_open(&in, 1502, TAB_RESPONSE);
	inspector_refresh(&in, &port, 10, 80);
	ck_assert_msg(inspector_save(&in, &port, path, &bytes, &err), "%s", err.text);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(st.st_size, (long long)bytes);
	ck_assert_uint_gt(bytes, 20);
	ck_assert_msg(!inspector_save(&in, &port, path, &bytes, &err), "a file was replaced");
	inspector_open(&in, 7690, TAB_RESPONSE);
	ck_assert_msg(!inspector_save(&in, &port, path, &bytes, &err), "no answer was saved");
	inspector_free(&in);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {json_is_indented_token_by_token, json_has_roles,
		tabs_are_blanks_up_to_the_next_stop, an_attempt_has_no_made_up_time,
		no_line_is_wider_than_it_may_be, text_is_found_around_the_ends_and_across_a_break,
		movement_stays_inside, a_body_is_saved_as_it_came_for_its_owner_alone, NULL};

	setlocale(LC_CTYPE, "C.UTF-8");
	return unit_run("doc", tests);
}
