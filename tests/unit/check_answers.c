/* The mock's canned answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mock/answers.h"
#include "unit.h"

static char path[] = "/tmp/sluice-answers-XXXXXX";

static void write_file(const char *text)
{
	FILE *f;

	strcpy(path + strlen(path) - 6, "XXXXXX");
	f = fdopen(mkstemp(path), "w");
	fputs(text, f);
	fclose(f);
}

START_TEST(the_first_that_fits_answers)
{
	struct answers a;
	struct error err = {""};
	const struct canned_answer *t;

	write_file("{\"path\":\"/a\",\"has\":\"x\",\"body\":{\"n\":[1]}}\n\n"
		   "{\"path\":\"/a\",\"status\":404,\"body\":\"no\"}\n"
		   "{\"has\":\"q\",\"text\":\"say \\\"hi\\\"\"}\n");
	ck_assert_msg(answers_load(path, &a, &err), "%s", err.text);
	unlink(path);
	t = answers_find(&a, "/a", "\0wxy", 4);
	ck_assert_str_eq(t->body, "{\"n\":[1]}");
	ck_assert_int_eq(t->status, 200);
	t = answers_find(&a, "/a", "", 0);
	ck_assert_str_eq(t->body, "no");
	ck_assert_int_eq(t->status, 404);
	t = answers_find(&a, "/b", "q", 1);
	ck_assert_str_eq(t->text, "say \\\"hi\\\"");
	ck_assert_ptr_null(t->body);
	ck_assert_ptr_null(answers_find(&a, "/b", "", 0));
	answers_free(&a);
}
END_TEST

START_TEST(an_answer_may_be_used_up)
{
	struct answers a;
	struct error err = {""};
	const struct canned_answer *t;

	write_file("{\"status\":503,\"times\":2,\"headers\":{\"Retry-After\":\"1\",\"x\":\"\"}}\n"
		   "{\"drop\":true,\"times\":1}\n"
		   "{\"text\":null,\"finish\":\"content_filter\",\"latency\":\"250ms\"}\n");
	ck_assert_msg(answers_load(path, &a, &err), "%s", err.text);
	unlink(path);
	for (int i = 0; i < 2; i++) {
		t = answers_find(&a, "/a", "", 0);
		ck_assert_int_eq(t->status, 503);
		ck_assert_uint_eq(t->n_headers, 2);
		ck_assert_str_eq(t->headers[0].value, "1");
		ck_assert_int_eq(t->latency_us, -1);
	}
	ck_assert(answers_find(&a, "/a", "", 0)->drop);
	for (int i = 0; i < 2; i++) {
		t = answers_find(&a, "/a", "", 0);
		ck_assert(t->silent && !t->text && !t->drop);
		ck_assert_str_eq(t->finish, "content_filter");
		ck_assert_int_eq(t->latency_us, 250000);
	}
	answers_free(&a);
}
END_TEST

START_TEST(an_invalid_line_is_reported_with_its_number)
{
	static const char *const lines[] = {"{", "[]", "{}", "{\"body\":1,\"text\":\"t\"}",
		"{\"body\":1,\"status\":99}", "{\"body\":1,\"status\":\"500\"}", "{\"status\":200}",
		"{\"body\":1,\"times\":0}", "{\"body\":1,\"latency\":\"x\"}",
		"{\"body\":1,\"headers\":{\"a b\":\"c\"}}",
		"{\"body\":1,\"headers\":{\"a\":\"c\\nd\"}}", "{\"body\":1,\"headers\":{\"a\":1}}",
		"{\"body\":1,\"drop\":1}", "{\"body\":1,\"text\":null}",
		"{\"body\":1,\"pth\":\"/x\"}", "{\"body\":1,\"has\":3}", "{\"text\":[1]}"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char text[80];
		struct answers a;
		struct error err = {""};

		snprintf(text, sizeof(text), "{\"body\":1}\n%s\n", lines[i]);
		write_file(text);
		ck_assert_msg(!answers_load(path, &a, &err), "%s", lines[i]);
		ck_assert_ptr_nonnull(strstr(err.text, ":2: "));
		answers_free(&a);
		unlink(path);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {the_first_that_fits_answers, an_answer_may_be_used_up,
		an_invalid_line_is_reported_with_its_number, NULL};

	return unit_run("answers", tests);
}
