/* What is made of a client's input, and of the ledger of a batch. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "folder.h"
#include "serve/batch_check.h"
#include "serve/batch_output.h"
#include "unit.h"

static char folder[256];

static void set_up(void)
{
	ck_assert(folder_make(folder, sizeof(folder)));
}

static void tear_down(void)
{
	ck_assert(folder_remove(folder));
}

static void name_file(char out[DISK_PATH_MAX], const char *name)
{
	snprintf(out, DISK_PATH_MAX, "%s/%s", folder, name);
}

static void write_file(const char *name, const char *text)
{
	char path[DISK_PATH_MAX];
	FILE *f;

	name_file(path, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static const char *read_file(const char *name)
{
	static char text[8000];
	char path[DISK_PATH_MAX];
	size_t n = 0;
	FILE *f;

	name_file(path, name);
	f = fopen(path, "r");
	if (f) {
		n = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
	}
	text[n] = '\0';
	return f ? text : NULL;
}

/* ---- the check ---- */

static struct batch_check check_of(const struct batch_kind *kind, const char *source)
{
	struct batch_check c = {.kind = kind, .rules = {"/v1/embeddings", "m-default", NULL}};

	if (source)
		write_file("source", source);
	name_file(c.source, "source");
	name_file(c.input, "input.jsonl");
	batch_check_work(&c.job);
	return c;
}

START_TEST(lines_are_written_anew)
{
	struct batch_check c = check_of(&batch_kind_openai,
		"\r\n{\"url\":\"/v1/embeddings\",\"headers\":{\"X\":\"1\"},\"endpoint\":\"e\","
		"\"method\":\"POST\",\"priority\":9,\"custom_id\":\"a\\u0062\",\"body\":{ "
		"\"input\":1}}\r\n"
		" \n{\"custom_id\":\"c\",\"method\":\"POST\",\"url\":\"/v1/embeddings\","
		"\"body\":{\"model\":\"own\"}}");

	ck_assert(!c.failed && !c.n_faults);
	ck_assert_uint_eq(c.lines, 2);
	ck_assert_str_eq(read_file("input.jsonl"),
		"{\"custom_id\":\"a\\u0062\",\"method\":\"POST\",\"url\":\"/v1/embeddings\","
		"\"body\":{\"model\":\"m-default\",\"input\":1}}\n"
		"{\"custom_id\":\"c\",\"method\":\"POST\",\"url\":\"/v1/embeddings\","
		"\"body\":{\"model\":\"own\"}}\n");
	ck_assert_ptr_null(read_file("source"));
	batch_check_clear(&c);
	/* as after a kill behind the last step */
	c = check_of(&batch_kind_openai, NULL);
	ck_assert(!c.failed && !c.n_faults);
	ck_assert_uint_eq(c.lines, 2);
	batch_check_clear(&c);
}
END_TEST

START_TEST(one_wrong_line_is_enough)
{
	struct batch_check c = check_of(&batch_kind_anthropic,
		"{\"custom_id\":\"a\",\"params\":{}}\n{\"custom_id\":\"a\",\"params\":{}}\n"
		"{\"custom_id\":\"b c\",\"params\":{}}\n");

	ck_assert_uint_eq(c.n_faults, 2);
	ck_assert_ptr_nonnull(strstr(buf_str(&c.faults), "\"duplicate_custom_id\""));
	ck_assert_ptr_nonnull(strstr(buf_str(&c.faults), "\"line\":3"));
	ck_assert_ptr_null(read_file("input.jsonl"));
	ck_assert_ptr_null(read_file("input.jsonl.tmp"));
	ck_assert_ptr_nonnull(read_file("source"));
	batch_check_clear(&c);
}
END_TEST

START_TEST(a_disk_that_fails_is_no_fault_of_the_client)
{
	struct batch_check c = {.kind = &batch_kind_openai};

	name_file(c.source, "none");
	name_file(c.input, "none/input.jsonl");
	batch_check_work(&c.job);
	ck_assert(c.failed && !c.n_faults);
	ck_assert_ptr_nonnull(strstr(c.err.text, "none"));
	batch_check_clear(&c);
}
END_TEST

/* ---- the output ---- */

#define INPUT(id) "{\"custom_id\":\"" id "\",\"method\":\"POST\",\"url\":\"/v1/x\",\"body\":{}}\n"
#define RECORD(id, line, status, body)                                                             \
	"{\"custom_id\":\"" id "\",\"id\":\"sluice-" line                                          \
	"\",\"response\":{\"status_code\":" status ",\"request_id\":null,\"body\":" body           \
	"},\"error\":null,\"metadata\":null,\"sluice\":{\"line\":" line                            \
	",\"attempts\":1,\"tokens_in\":5,\"tokens_out\":7}}\n"

static struct batch_output output_of(const struct batch_kind *kind, bool expired)
{
	struct batch_output o = {.kind = kind, .expired = expired, .batch = "batch_x"};

	name_file(o.input, "input.jsonl");
	name_file(o.results, "output.jsonl");
	name_file(o.errors, "output.errors.jsonl");
	name_file(o.ok.folder, "ok");
	strcpy(o.ok.name, "content");
	if (!kind->one_file) {
		name_file(o.failed.folder, "failed");
		strcpy(o.failed.name, "content");
	}
	batch_output_work(&o.job);
	ck_assert_msg(!o.broken, "%s", o.err.text);
	return o;
}

static int lines_with(const char *name, const char *text)
{
	const char *at = read_file(name);
	int n = 0;

	for (; at && (at = strstr(at, text)); at++)
		n++;
	return n;
}

START_TEST(each_line_stands_once)
{
	struct batch_output o;

	write_file("input.jsonl", INPUT("a") INPUT("b") INPUT("c") INPUT("d"));
	/* line 1 was requested again: its first record is void; the last one is torn */
	write_file("output.jsonl",
		RECORD("a", "1", "200", "\"old\"") RECORD("c", "3", "200", "3")
			RECORD("a", "1", "200", "\"new\"") "{\"custom_id\":\"d\"");
	write_file(
		"output.errors.jsonl", RECORD("b", "2", "400", "2") RECORD("c", "3", "500", "2"));
	o = output_of(&batch_kind_openai, true);
	ck_assert_uint_eq(o.counts.total, 4);
	ck_assert_uint_eq(o.counts.ok, 2);
	ck_assert_uint_eq(o.counts.failed, 1);
	ck_assert_uint_eq(o.counts.unfinished, 1);
	ck_assert_uint_eq(o.usage.in, 15);
	ck_assert_uint_eq(o.usage.out, 21);
	ck_assert_int_eq(lines_with("ok/content", "\"custom_id\""), 2);
	ck_assert_int_eq(lines_with("ok/content", "\"new\""), 1);
	ck_assert_int_eq(lines_with("ok/content", "\"old\""), 0);
	ck_assert_int_eq(lines_with("ok/content", "sluice"), 0);
	ck_assert_int_eq(lines_with("failed/content", "\"custom_id\""), 2);
	ck_assert_int_eq(lines_with("failed/content", "\"custom_id\":\"d\",\"response\":null,"
						      "\"error\":{\"code\":\"batch_expired\""),
		1);
}
END_TEST

START_TEST(a_batch_that_never_ran_is_unfinished)
{
	struct batch_output o;

	write_file("input.jsonl", INPUT("a") INPUT("b"));
	o = output_of(&batch_kind_openai, false);
	ck_assert_uint_eq(o.counts.unfinished, 2);
	ck_assert_uint_eq(o.ok.lines, 0);
	ck_assert_ptr_null(read_file("ok/content"));
	ck_assert_int_eq(lines_with("failed/content", "batch_cancelled"), 2);
}
END_TEST

START_TEST(messages_have_one_file)
{
	write_file("input.jsonl",
		"{\"custom_id\":\"a\",\"params\":{}}\n{\"custom_id\":\"b\",\"params\":{}}\n"
		"{\"custom_id\":\"c\",\"params\":{}}\n");
	write_file("output.jsonl", RECORD("b", "2", "200", "{\"type\":\"message\"}"));
	write_file(
		"output.errors.jsonl", RECORD("a", "1", "400",
					       "{\"type\":\"error\",\"error\":{\"type\":\"invalid_"
					       "request_error\",\"message\":\"no\"}}"));
	output_of(&batch_kind_anthropic, false);
	ck_assert_str_eq(read_file("ok/content"),
		"{\"custom_id\":\"b\",\"result\":{\"type\":\"succeeded\",\"message\":{\"type\":"
		"\"message\"}}}\n"
		"{\"custom_id\":\"a\",\"result\":{\"type\":\"errored\",\"error\":{\"type\":"
		"\"error\",\"error\":"
		"{\"type\":\"invalid_request_error\",\"message\":\"no\"}}}}\n"
		"{\"custom_id\":\"c\",\"result\":{\"type\":\"canceled\"}}\n");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {lines_are_written_anew, one_wrong_line_is_enough,
		a_disk_that_fails_is_no_fault_of_the_client, each_line_stands_once,
		a_batch_that_never_ran_is_unfinished, messages_have_one_file, NULL};
	const struct unit_suite suite = {
		.name = "batch files", .tests = tests, .set_up = set_up, .tear_down = tear_down};

	return unit_run_suite(&suite);
}
