/* The input as lines: every kind of line end, borders of reads, pipes, and reading again. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "input/source.h"
#include "folder.h"
#include "unit.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static char dir[64];
static char path[80];

static void write_file(const char *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

/* A line as expected: what stands in the file, by its number. NULL ends a list; a text of NULL
 * with a number is a too long line. */
struct expected {
	uint64_t number;
	const char *text;
};

static const struct {
	const char *in;
	size_t len; /* 0: strlen */
	struct expected lines[8];
} files[] = {
	{"", 0, {{0, NULL}}},
	{"\n\n \r\n\t\n", 0, {{0, NULL}}},
	{"one", 0, {{1, "one"}}},
	{"one\n", 0, {{1, "one"}}},
	{"one\r\ntwo\r\n", 0, {{1, "one"}, {2, "two"}}},
	{"one\r", 0, {{1, "one"}}},
	{"\xef\xbb\xbfone\ntwo", 0, {{1, "one"}, {2, "two"}}},
	{"\xef\xbb\xbf\n\xef\xbb\xbfx\n", 0, {{2, "\xef\xbb\xbfx"}}},
	{"\n\n a b \n\n\nlast", 0, {{3, " a b "}, {6, "last"}}},
	{"c\na\0b\n", 6, {{1, "c"}, {2, "a\0b"}}},
	{"twelve bytes\nthirteen byte\ngood\nfar too long to be held anywhere\nend", 0,
		{{1, "twelve bytes"}, {2, NULL}, {3, "good"}, {4, NULL}, {5, "end"}}},
	{"far too long to be held anywhere, too", 0, {{1, NULL}}},
};

static const struct source_limits sizes[] = {
	{1, 1, 12}, {2, 3, 12}, {4, 16, 12}, {7, 5, 12}, {13, 8, 12}, {4096, 4096, 12}};

/* Reads all of a source and compares; what is a line is fetched again at the end, in order, then
 * backwards. */
static void read_all(struct source *s, size_t file)
{
	const struct expected *want = files[file].lines;
	struct source_line line, seen[8];
	enum source_status status;
	struct error err = {""};
	struct buf again;
	size_t n = 0;

	buf_init(&again, 100);
	while ((status = source_next(s, 3, &line)) != SOURCE_END) {
		if (status == SOURCE_AGAIN)
			continue;
		ck_assert_msg(want->number, "file %zu: more lines than expected", file);
		ck_assert_int_eq(status, (int)(want->text ? SOURCE_LINE : SOURCE_TOO_LONG));
		ck_assert_uint_eq(line.number, want->number);
		if (want->text)
			ck_assert_mem_eq(line.text, want->text, line.len);
		else
			ck_assert_uint_gt(line.len, 12);
		if (want->text && line.len != 3)
			ck_assert_uint_eq(line.len, strlen(want->text));
		seen[n++] = line;
		want++;
	}
	ck_assert_msg(!want->number, "file %zu: line %d is missing", file, (int)want->number);
	for (size_t i = 0; i < 2 * n; i++) {
		size_t k = i < n ? i : 2 * n - 1 - i;

		if (!files[file].lines[k].text)
			continue;
		ck_assert_msg(
			source_fetch(s, seen[k].offset, seen[k].len, &again, &err), "%s", err.text);
		ck_assert_uint_eq(again.len, seen[k].len);
		ck_assert_mem_eq(again.data, files[file].lines[k].text, again.len);
	}
	buf_free(&again);
}

static size_t file_len(size_t file)
{
	return files[file].len ? files[file].len : strlen(files[file].in);
}

static struct source *open_ok(const char *name, const struct source_limits *limits)
{
	struct error err = {""};
	struct source *s =
		limits ? source_open_sized(name, dir, limits, &err) : source_open(name, dir, &err);

	ck_assert_msg(s != NULL, "%s", err.text);
	return s;
}

START_TEST(lines_of_a_file)
{
	for (size_t file = 0; file < N_OF(files); file++) {
		write_file(files[file].in, file_len(file));
		for (size_t i = 0; i < N_OF(sizes); i++) {
			struct source *s = open_ok(path, &sizes[i]);

			ck_assert_int_eq(source_fd(s), -1);
			ck_assert_int_eq(source_bytes_total(s), (int64_t)file_len(file));
			read_all(s, file);
			ck_assert_uint_eq(source_bytes_read(s), file_len(file));
			source_close(s);
		}
	}
}
END_TEST

START_TEST(line_ends_within_quotes_do_not_count)
{
	static const char in[] = "a,\"b\nc\"\n5\" x,1\n\"\"\"\n\"\"\",\n\nlast";
	static const struct expected want[] = {
		{1, "a,\"b\nc\""}, {3, "5\" x,1"}, {4, "\"\"\"\n\"\"\","}, {7, "last"}};

	write_file(in, sizeof(in) - 1);
	for (size_t i = 0; i < N_OF(sizes); i++) {
		struct source *s = open_ok(path, &sizes[i]);
		struct source_line line;
		enum source_status status;
		size_t n = 0;

		source_set_quoted(s, ',');
		while ((status = source_next(s, 3, &line)) != SOURCE_END) {
			if (status == SOURCE_AGAIN)
				continue;
			ck_assert_int_eq(status, SOURCE_LINE);
			ck_assert_uint_lt(n, N_OF(want));
			ck_assert_uint_eq(line.number, want[n].number);
			ck_assert_uint_eq(line.len, strlen(want[n].text));
			ck_assert_mem_eq(line.text, want[n].text, line.len);
			n++;
		}
		ck_assert_uint_eq(n, N_OF(want));
		source_close(s);
	}
}
END_TEST

/* Puts the read end of a new pipe in the place of standard input; returns the write end. */
static int pipe_to_stdin(void)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	close(ends[0]);
	return ends[1];
}

START_TEST(lines_of_a_pipe)
{
	for (size_t file = 0; file < N_OF(files); file++) {
		for (size_t i = 0; i < N_OF(sizes); i++) {
			int to = pipe_to_stdin();
			struct source *s = open_ok("-", &sizes[i]);
			ssize_t len = (ssize_t)file_len(file);

			ck_assert_int_ge(source_fd(s), 0);
			ck_assert_int_eq(source_bytes_total(s), -1);
			ck_assert_int_eq(write(to, files[file].in, (size_t)len), len);
			close(to);
			read_all(s, file);
			ck_assert_int_eq(source_bytes_total(s), len);
			ck_assert_int_eq(source_fd(s), -1);
			source_close(s);
		}
	}
}
END_TEST

START_TEST(an_empty_pipe_does_not_block)
{
	int to = pipe_to_stdin();
	struct source *s = open_ok("-", NULL);
	struct source_line line;

	ck_assert_int_eq(source_next(s, 100, &line), (int)SOURCE_AGAIN);
	ck_assert_int_eq(write(to, "on", 2), 2);
	ck_assert_int_eq(source_next(s, 100, &line), (int)SOURCE_AGAIN);
	ck_assert_int_eq(write(to, "e\ntwo", 5), 5);
	ck_assert_int_eq(source_next(s, 100, &line), (int)SOURCE_LINE);
	ck_assert_mem_eq(line.text, "one", line.len);
	ck_assert_int_eq(source_next(s, 100, &line), (int)SOURCE_AGAIN);
	close(to);
	ck_assert_int_eq(source_next(s, 100, &line), (int)SOURCE_LINE);
	ck_assert_int_eq(source_next(s, 100, &line), (int)SOURCE_END);
	ck_assert_int_eq(source_next(s, 100, &line), (int)SOURCE_END);
	source_close(s);
}
END_TEST

START_TEST(a_file_on_stdin_is_read_from_where_it_stands)
{
	struct source *s;
	struct source_line line;
	struct error err = {""};
	struct buf again;
	int fd;

	write_file("one\ntwo\n", 8);
	fd = open(path, O_RDONLY);
	ck_assert_int_eq(lseek(fd, 4, SEEK_SET), 4);
	ck_assert_int_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	close(fd);
	s = open_ok("-", NULL);
	ck_assert_int_eq(source_fd(s), -1);
	ck_assert_int_eq(source_bytes_total(s), 4);
	ck_assert_int_eq(source_next(s, 100, &line), (int)SOURCE_LINE);
	ck_assert_mem_eq(line.text, "two", line.len);
	buf_init(&again, 10);
	ck_assert(source_fetch(s, line.offset, line.len, &again, &err));
	ck_assert_str_eq(again.data, "two");
	buf_free(&again);
	source_close(s);
}
END_TEST

START_TEST(unreadable_input_is_reported)
{
	static const struct {
		const char *name, *says;
	} cases[] = {
		{"/nowhere/at/all.jsonl", "/nowhere/at/all.jsonl: no such file"},
		{"/tmp", "/tmp is a directory"},
	};
	struct error err;

	for (size_t i = 0; i < N_OF(cases); i++) {
		ck_assert_ptr_null(source_open(cases[i].name, dir, &err));
		ck_assert_msg(strstr(err.text, cases[i].says) == err.text, "%s", err.text);
	}
	close(pipe_to_stdin());
	ck_assert_ptr_null(source_open("-", "/nowhere/at/all", &err));
	ck_assert_msg(strstr(err.text, "/nowhere/at/all") != NULL, "%s", err.text);
	write_file("x\n", 2);
	ck_assert_int_eq(chmod(path, 0), 0);
	if (geteuid()) {
		ck_assert_ptr_null(source_open(path, dir, &err));
		ck_assert_msg(strstr(err.text, "cannot read") != NULL, "%s", err.text);
	}
	unlink(path);
}
END_TEST

START_TEST(a_file_that_shrinks_is_an_error)
{
	struct source *s;
	struct error err = {""};
	struct buf again;

	write_file("0123456789\n", 11);
	s = open_ok(path, NULL);
	ck_assert_int_eq(truncate(path, 5), 0);
	buf_init(&again, 100);
	ck_assert(!source_fetch(s, 0, 10, &again, &err));
	ck_assert_msg(strstr(err.text, "was truncated") != NULL, "%s", err.text);
	ck_assert(source_fetch(s, 0, 5, &again, &err));
	buf_free(&again);
	source_close(s);
}
END_TEST

START_TEST(one_call_reads_about_max_bytes)
{
	struct source_limits limits = {16, 16, 1000};
	static char text[500];
	struct source_line line;
	struct source *s;

	memset(text, '\n', sizeof(text));
	write_file(text, sizeof(text));
	s = open_ok(path, &limits);
	ck_assert_int_eq(source_next(s, 100, &line), (int)SOURCE_AGAIN);
	ck_assert_uint_ge(source_bytes_read(s), 100);
	ck_assert_uint_lt(source_bytes_read(s), 120);
	source_close(s);
}
END_TEST

/* ---- changes of the file itself ---- */

static void shell(const char *command)
{
	char text[400];

	snprintf(text, sizeof(text), "cd %s && %s", dir, command);
	ck_assert_int_eq(system(text), 0);
}

static void must_say(struct source *s, const char *command, const char *says)
{
	const char *what;

	shell(command);
	what = source_changed(s);
	ck_assert_msg(what && strstr(what, says), "%s: %s", command, what ? what : "nothing");
	ck_assert_ptr_null(source_changed(s));
}

START_TEST(a_changed_file_is_reported_once_for_each_change)
{
	struct source *s;

	write_file("one\ntwo\n", 8);
	s = open_ok(path, &sizes[0]);
	ck_assert_ptr_null(source_changed(s));
	must_say(s, "touch -d 2001-01-01 in.jsonl", "written to");
	must_say(s, "echo more >> in.jsonl", "has grown");
	shell("echo more >> in.jsonl");
	ck_assert_ptr_null(source_changed(s));
	must_say(s, "truncate -s 3 in.jsonl", "truncated");
	must_say(s, "cp in.jsonl new && mv new in.jsonl", "another file");
	shell("touch -d 2002-02-02 in.jsonl && rm in.jsonl");
	ck_assert_ptr_null(source_changed(s));
	source_close(s);
}
END_TEST

static void set_up(void)
{
	ck_assert(folder_make(dir, sizeof(dir)));
	snprintf(path, sizeof(path), "%s/in.jsonl", dir);
}

int main(void)
{
	const TTest *const tests[] = {lines_of_a_file, line_ends_within_quotes_do_not_count,
		lines_of_a_pipe, an_empty_pipe_does_not_block,
		a_file_on_stdin_is_read_from_where_it_stands, unreadable_input_is_reported,
		a_file_that_shrinks_is_an_error, one_call_reads_about_max_bytes,
		a_changed_file_is_reported_once_for_each_change, NULL};

	return unit_run_suite(
		&(struct unit_suite){.name = "input", .tests = tests, .set_up = set_up});
}
