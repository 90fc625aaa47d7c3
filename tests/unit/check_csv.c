/* CSV records as rows (RFC 4180). */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "api/csv.h"
#include "api/csv_shape.h"
#include "unit.h"

START_TEST(records_become_objects)
{
	static const struct {
		const char *header, *record, *row; /* NULL: refused */
	} cases[] = {
		{"a,b", "1,2", "{\"a\":\"1\",\"b\":\"2\"}"},
		{"a,b", "\"x,\"\"y\"\"\",", "{\"a\":\"x,\\\"y\\\"\",\"b\":\"\"}"},
		{"a", "\"two\nlines\r\n\"", "{\"a\":\"two\\nlines\\r\\n\"}"},
		{"a,b", "5\" pipe,\xc3\xa9", "{\"a\":\"5\\\" pipe\",\"b\":\"\xc3\xa9\"}"},
		{"\"a b\",\"c,d\"", " 1 ,2", "{\"a b\":\" 1 \",\"c,d\":\"2\"}"},
		{"id,x", "7,y", "{\"custom_id\":\"7\",\"id\":\"7\",\"x\":\"y\"}"},
		{"id,custom_id", "7,8", "{\"custom_id\":\"8\",\"id\":\"7\"}"},
		{"id,x", ",y", "{\"id\":\"\",\"x\":\"y\"}"},
		{"custom_id,x", ",y", "{\"x\":\"y\"}"},
		{"a", "", "{\"a\":\"\"}"},
		{"a,b", "1", NULL},
		{"a,b", "1,2,3", NULL},
		{"a,b", "1,\"2", NULL},
		{"a,b", "\"1\"x,2", NULL},
		{"a,b", "1,\xff", NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {""};
		struct csv *c = csv_new(cases[i].header, strlen(cases[i].header), ',', &err);
		json_t *row = NULL;
		struct buf made;
		char *text;

		ck_assert_msg(c != NULL, "%s", err.text);
		buf_init(&made, 1 << 20);
		if (csv_row(c, cases[i].record, strlen(cases[i].record), &made, &err))
			row = json_loadb(made.data, made.len, JSON_REJECT_DUPLICATES, NULL);
		ck_assert_msg(!row == !cases[i].row, "case %zu: %s", i, err.text);
		text = row ? json_dumps(row, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
		if (text)
			ck_assert_str_eq(text, cases[i].row);
		else
			ck_assert_str_ne(err.text, "");
		free(text);
		json_decref(row);
		buf_free(&made);
		csv_free(c);
	}
}
END_TEST

START_TEST(wrong_headers_are_refused)
{
	static const char *const headers[] = {"a,a", "\"a", "\"a\"b"};
	struct error err = {""};

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		ck_assert_msg(
			!csv_new(headers[i], strlen(headers[i]), ',', &err), "%s", headers[i]);
}
END_TEST

/* A record that is wrong has its id all the same. */
START_TEST(ids_are_known_of_wrong_records)
{
	static const struct {
		const char *header, *record, *id; /* NULL: none */
	} cases[] = {{"id,x", "7", "7"}, {"id,x", "7,\"open", "7"}, {"id,x", "\"7\",\xff,z", "7"},
		{"x,custom_id,id", "a,b", "b"}, {"x,id", "a", NULL}, {"x,id", "\"a\"b,7", NULL},
		{"id,x", ",y", NULL}, {"id,x", "\xff,y", NULL}, {"x,y", "7,8", NULL}};
	struct error err = {""};
	struct buf id;

	buf_init(&id, 100);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct csv *c = csv_new(cases[i].header, strlen(cases[i].header), ',', &err);
		bool there;

		buf_clear(&id);
		there = csv_id(c, cases[i].record, strlen(cases[i].record), &id);
		ck_assert_msg(there == !!cases[i].id, "case %zu", i);
		ck_assert_str_eq(buf_str(&id), there ? cases[i].id : "");
		csv_free(c);
	}
	buf_free(&id);
}
END_TEST

static bool is_text(void *ctx, const char *name)
{
	(void)ctx;
	return !strcmp(name, "text");
}

START_TEST(the_header_shows_the_delimiter)
{
	static const struct {
		const char *header;
		char delimiter;
		size_t wanted;
	} cases[] = {{"id,text", ',', 1}, {"id;text", ';', 1}, {"id\ttext", '\t', 1},
		{"id|text", '|', 1}, {"text", ',', 1}, {"a,b;text;c,d", ';', 1},
		{"\"a;b\",text", ',', 1}, {"a;b", ';', 0}, {"a,b;c", ',', 0}, {"", ',', 0},
		{"\"open", ',', 0}};
	size_t wanted;
	char sep;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char found = csv_delimiter(
			cases[i].header, strlen(cases[i].header), is_text, NULL, &wanted);

		ck_assert_msg(found == cases[i].delimiter, "%s: %c", cases[i].header, found);
		ck_assert_uint_eq(wanted, cases[i].wanted);
	}
	ck_assert(csv_sep_line("sep=;", 5, &sep) && sep == ';');
	ck_assert(csv_sep_line("\"SEP=\t\"", 7, &sep) && sep == '\t');
	ck_assert(!csv_sep_line("sep;text", 8, &sep));
}
END_TEST

START_TEST(rows_without_content_are_empty)
{
	struct csv *c = csv_new("a;b", 3, ';', NULL);

	ck_assert(csv_is_empty(c, ";", 1));
	ck_assert(csv_is_empty(c, " ; \"\";\t", 7));
	ck_assert(!csv_is_empty(c, ";,", 2));
	csv_free(c);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {records_become_objects, wrong_headers_are_refused,
		ids_are_known_of_wrong_records, the_header_shows_the_delimiter,
		rows_without_content_are_empty, NULL};

	return unit_run("csv", tests);
}
