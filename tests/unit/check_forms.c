/* Inputs that are not what their name says: each form gives the same lines, from a file and from a
 * pipe, however they are cut; damage is an error that says where; the rest is named. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/alloc.h"
#include "folder.h"
#include "input/form.h"
#include "input/source.h"
#include "input/spool.h"
#include "unit.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static char dir[200], path[256];

/* ---- samples ---- */

#define ONE   "{\"a\":\"\xc3\xa9\"}"
#define TWO   "{\"b\":[1,{\"c\":\"\xf0\x9f\x98\x80,]}\\\"\"}]}"
#define LINES ONE "\n" TWO "\n"

struct sample {
	const char *form;
	char data[1024];
	size_t len;
};

static struct sample samples[20];
static size_t n_samples;

static struct sample *add(const char *form, const char *data, size_t len)
{
	struct sample *s = &samples[n_samples++];

	s->form = form;
	memcpy(s->data, data, len);
	s->len = len;
	return s;
}

static void add_text(const char *form, const char *text)
{
	add(form, text, strlen(text));
}

static size_t gzip(const char *in, size_t len, char *out, size_t room)
{
	z_stream z = {.next_in = (Bytef *)in,
		.avail_in = (uInt)len,
		.next_out = (Bytef *)out,
		.avail_out = (uInt)room};

	ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return room - z.avail_out;
}

/* The lines in UTF-16; mark: with a byte order mark. */
static void add_utf16(const char *form, bool big, bool mark)
{
	static const uint16_t units[] = {0xfeff, '{', '"', 'a', '"', ':', '"', 0xe9, '"', '}', '\n',
		'{', '"', 'b', '"', ':', '[', '1', ',', '{', '"', 'c', '"', ':', '"', 0xd83d,
		0xde00, ',', ']', '}', '\\', '"', '"', '}', ']', '}', '\r', '\n'};
	char data[2 * N_OF(units)];
	size_t n = 0;

	for (size_t i = mark ? 0 : 1; i < N_OF(units); i++) {
		data[n++] = (char)(big ? units[i] >> 8 : units[i]);
		data[n++] = (char)(big ? units[i] : units[i] >> 8);
	}
	add(form, data, n);
}

#define SKIPPED "\x50\x2a\x4d\x18\4\0\0\0abcd"

static void make_samples(void)
{
	char packed[1024], twice[1024];
	size_t len, half;

	if (n_samples)
		return;
	add_text("", LINES);
	add_text("", "\xef\xbb\xbf" ONE "\r\n\r\n" TWO);
	add_text("CR line ends", ONE "\r\r" TWO "\r");
	add_text("a JSON array", "[" ONE ",\n" TWO "]");
	add_text("a JSON array", " \r\n[\r\n  { \"a\" :\t\"\xc3\xa9\" }\n, {\"b\":\n[1 "
				 ",{\"c\":\"\xf0\x9f\x98\x80,]}\\\"\"}]}\n,]\n\n");
	add_text("JSON over several lines",
		"{\n \"a\": \"\xc3\xa9\"\n}\n{\"b\":[1,\r\n{\"c\":\"\xf0\x9f\x98\x80,]}\\\"\"}]}");
	add_text("JSON over several lines", ONE TWO);
	add_utf16("UTF-16 (little endian)", false, true);
	add_utf16("UTF-16 (big endian)", true, true);
	add_utf16("UTF-16 (little endian)", false, false);
	add_utf16("UTF-16 (big endian)", true, false);
	len = gzip(LINES, strlen(LINES), packed, sizeof(packed));
	add("gzip", packed, len);
	half = gzip(ONE "\n", strlen(ONE) + 1, packed, sizeof(packed));
	len = half + gzip(TWO, strlen(TWO), packed + half, sizeof(packed) - half);
	memset(packed + len, 0, 20);
	add("gzip", packed, len + 20);
	len = ZSTD_compress(packed, sizeof(packed), LINES, strlen(LINES), 3);
	add("zstd", packed, len);
	/* as pzstd begins, and with a frame that is to be skipped at the end, too */
	memcpy(twice, SKIPPED, sizeof(SKIPPED) - 1);
	memcpy(twice + sizeof(SKIPPED) - 1, packed, len);
	memcpy(twice + sizeof(SKIPPED) - 1 + len, SKIPPED, sizeof(SKIPPED) - 1);
	add("zstd", twice, len + 2 * (sizeof(SKIPPED) - 1));
	len = gzip(packed, len, twice, sizeof(twice));
	add("gzip, zstd", twice, len);
	len = gzip(samples[4].data, samples[4].len, packed, sizeof(packed));
	add("gzip, a JSON array", packed, len);
	len = gzip(samples[8].data, samples[8].len, packed, sizeof(packed));
	add("gzip, UTF-16 (big endian)", packed, len);
}

/* ---- reading ---- */

static void write_file(const char *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

/* White space that a reader may drop. */
static void squeeze(char *text)
{
	char *to = text;

	for (; *text; text++)
		if (!strchr(" \t\n", *text))
			*to++ = *text;
	*to = '\0';
}

/* The next line, without its spaces; false at the end or on an error. */
static bool next(struct source *s, char *out, size_t size, struct source_line *line)
{
	enum source_status status;

	while ((status = source_next(s, 3, line)) == SOURCE_AGAIN)
		;
	if (status != SOURCE_LINE)
		return false;
	snprintf(out, size, "%.*s", (int)line->len, line->text);
	squeeze(out);
	return true;
}

static void must_give_the_lines(struct source *s, const struct sample *sample)
{
	static const char *const wanted[] = {ONE, TWO};
	struct source_line line[2], rest;
	struct error err = {""};
	char text[200];
	struct buf again;

	buf_init(&again, 1000);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_msg(next(s, text, sizeof(text), &line[i]), "%s: %s", sample->form,
			source_error(s));
		ck_assert_str_eq(text, wanted[i]);
	}
	ck_assert(!next(s, text, sizeof(text), &rest));
	ck_assert_str_eq(source_error(s), "");
	ck_assert_str_eq(source_form(s), sample->form);
	ck_assert_int_eq(source_bytes_total(s), (int64_t)sample->len);
	for (size_t i = 0; i < 2; i++) {
		ck_assert(source_fetch(s, line[1 - i].offset, line[1 - i].len, &again, &err));
		ck_assert_str_eq(source_error(s), "");
		snprintf(text, sizeof(text), "%s", buf_str(&again));
		squeeze(text);
		ck_assert_str_eq(text, wanted[1 - i]);
	}
	buf_free(&again);
}

static const struct source_limits sizes[] = {{1, 1, 100}, {7, 5, 100}, {4096, 4096, 100}};

START_TEST(each_form_gives_the_same_lines)
{
	struct error err = {""};

	make_samples();
	for (size_t i = 0; i < n_samples; i++) {
		write_file(samples[i].data, samples[i].len);
		for (size_t k = 0; k < N_OF(sizes); k++) {
			struct source *s = source_open_sized(path, dir, &sizes[k], &err);

			ck_assert_msg(s != NULL, "%s", err.text);
			must_give_the_lines(s, &samples[i]);
			source_close(s);
		}
	}
}
END_TEST

/* However a pipe's first piece is cut, nothing is decided too early. */
START_TEST(a_pipe_gives_the_same_lines_wherever_it_is_cut)
{
	struct source_line line;
	struct error err = {""};
	int ends[2];

	make_samples();
	for (size_t i = 0; i < n_samples; i++)
		for (size_t cut = 0; cut < samples[i].len; cut++) {
			struct form_found found = form_of(samples[i].data, cut, false);
			struct form_found whole = form_of(samples[i].data, samples[i].len, true);
			struct source *s;

			ck_assert(found.form == FORM_MORE || found.form == whole.form);
			ck_assert(found.form == FORM_MORE || found.reader == whole.reader);
			if (cut > 12 && cut % 7)
				continue;
			ck_assert_int_eq(pipe(ends), 0);
			ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
			close(ends[0]);
			s = source_open_sized("-", dir, &sizes[1], &err);
			ck_assert_ptr_nonnull(s);
			ck_assert_int_eq(write(ends[1], samples[i].data, cut), (ssize_t)cut);
			if (found.form == FORM_MORE)
				ck_assert_int_eq(source_next(s, 1 << 20, &line), (int)SOURCE_AGAIN);
			ck_assert_int_eq(
				write(ends[1], samples[i].data + cut, samples[i].len - cut),
				(ssize_t)(samples[i].len - cut));
			close(ends[1]);
			must_give_the_lines(s, &samples[i]);
			source_close(s);
		}
}
END_TEST

/* Reads all; returns the error, the caller's until the source is closed. */
static const char *error_of(struct source *s, size_t *lines)
{
	struct source_line line;
	char text[200];

	*lines = 0;
	while (next(s, text, sizeof(text), &line))
		++*lines;
	return source_error(s);
}

static void must_fail(const char *data, size_t len, size_t lines, const char *what)
{
	struct error err = {""};
	struct source *s;
	size_t n;

	write_file(data, len);
	s = source_open(path, dir, &err);
	ck_assert_msg(s != NULL, "%s", err.text);
	ck_assert_msg(strstr(error_of(s, &n), what), "%s, not %s", source_error(s), what);
	ck_assert_msg(strstr(source_error(s), path), "%s", source_error(s));
	ck_assert_uint_eq(n, lines);
	ck_assert_int_eq(source_is_refused(s), lines == 0);
	source_close(s);
}

/* Lines that gzip cannot shorten much, so that a part of them comes out of a part of the file. */
static char *many_lines(size_t *len)
{
	char *text = xmalloc(1 << 16);
	unsigned x = 1;

	*len = 0;
	while (*len < 60000) {
		x = x * 1664525 + 1013904223;
		*len += (size_t)sprintf(text + *len, "{\"x\":%u}\n", x);
	}
	return text;
}

/* A list of texts is no text; text and lists on one line each are. */
START_TEST(lists_over_several_lines)
{
	static const struct {
		const char *text;
		enum form form;
	} cases[] = {{"[\n \"a \\u00e9 [\",\n \"b\"\n]\n", FORM_FOREIGN}, {"[1,\n2]", FORM_FOREIGN},
		{"\xef\xbb\xbf[[1,2],\r\n[3]]", FORM_FOREIGN},
		{"[\"a\",\"b\"]\n[\"c\",\"d\"]\n", FORM_TEXT}, {"[\"a\",\"b\"]", FORM_TEXT},
		{"[12:00] begins\n[12:01] ends\n", FORM_TEXT}, {"[\"quoted\n text\"]\n", FORM_TEXT},
		{"[1, see\n2]\n", FORM_TEXT}, {"[x\n", FORM_TEXT}};

	for (size_t i = 0; i < N_OF(cases); i++) {
		size_t len = strlen(cases[i].text);

		ck_assert_msg(form_of(cases[i].text, len, true).form == cases[i].form, "%s",
			cases[i].text);
		for (size_t cut = 0; cut < len; cut++) {
			enum form told = form_of(cases[i].text, cut, false).form;

			ck_assert_msg(told == FORM_MORE || told == cases[i].form, "%zu of %s", cut,
				cases[i].text);
		}
	}
}
END_TEST

START_TEST(damage_says_where_after_the_lines_before_it)
{
	size_t len, packed_len;
	char *text = many_lines(&len), *packed = xmalloc(1 << 16);
	struct error err = {""};
	struct source *s;
	size_t lines;

	packed_len = gzip(text, len, packed, 1 << 16);
	for (int zstd = 0; zstd < 2; zstd++) {
		if (zstd)
			packed_len = ZSTD_compress(packed, 1 << 16, text, len, 3);
		write_file(packed, packed_len - 3);
		s = source_open(path, dir, &err);
		ck_assert_ptr_nonnull(strstr(error_of(s, &lines), "data is cut off at byte"));
		ck_assert_ptr_nonnull(strstr(source_error(s), zstd ? "zstd -t" : "gzip -t"));
		/* zstd gives a block at once */
		ck_assert(zstd || lines > 3000);
		source_close(s);
	}
	packed_len = gzip(LINES, strlen(LINES), packed, 1 << 16);
	packed[packed_len - 6] ^= 1;
	must_fail(packed, packed_len, 2, "incorrect data check at byte");
	packed[packed_len - 6] ^= 1;
	memcpy(packed + packed_len, "rest", 4);
	must_fail(packed, packed_len + 4, 2, "other bytes follow");
	must_fail(packed, 12, 0, "the gzip data is cut off at byte 12");
	free(packed);
	free(text);
	must_fail("[" ONE ",\n" TWO, strlen(ONE TWO) + 3, 1,
		"within the JSON array that begins on line 1, after 1 value:");
	must_fail("{\n\"a\":1}\n{\n\"b\":[", 16, 1, "within the JSON value that begins on line 3");
	must_fail("\xff\xfe"
		  "1\0\n\0"
		  "2",
		7, 1, "cut off within a character, at byte 7");
}
END_TEST

START_TEST(text_needs_a_folder_for_its_copy)
{
	struct error err = {""};
	struct source *s;
	size_t lines;

	write_file("[{}]", 4);
	s = source_open(path, "/nowhere/at/all", &err);
	ck_assert_ptr_nonnull(s);
	ck_assert_ptr_nonnull(strstr(error_of(s, &lines), "needs a text copy in /nowhere/at/all"));
	source_close(s);
}
END_TEST

START_TEST(text_needs_room_on_the_disk)
{
	struct error err = {""};
	struct spool spool;

	ck_assert(!spool_open(&spool, dir, "x.gz", UINT64_MAX / 4, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "x.gz needs a text copy in"));
	ck_assert_ptr_nonnull(strstr(err.text, "has too little space"));
	ck_assert_int_eq(spool.fd, -1);
	ck_assert(spool_open(&spool, dir, NULL, UINT64_MAX / 4, &err)); /* a pipe: not known */
	spool_close(&spool);
}
END_TEST

START_TEST(other_files_are_named_with_what_to_do)
{
	static const struct {
		const char *data;
		size_t len;
		const char *name, *todo;
	} files[] = {
		{"PAR1\x15\x04", 6, "a Parquet file", "duckdb"},
		{"PK\3\4\x14\0aaaaxl/workbook.xml", 26, "spreadsheet", "CSV UTF-8"},
		{"PK\3\4\x14\0aaaain.jsonl", 18, "a zip file", "unzip -p"},
		{"BZh91AY&SY", 10, "a bzip2 file", "bzcat"},
		{"\xfd"
		 "7zXZ\0",
			6, "an xz file", "xzcat"},
		{"\xff\xfe\0\0a\0\0\0", 8, "UTF-32", "iconv"},
		{"\1\2\3\0\5", 5, "a binary file", "requests"},
		{"<!DOCTYPE html>\n<html>", 22, "a web page", "get the file again"},
		{"version https://git-lfs.github.com/spec/v1\n", 43, "LFS pointer", "git lfs pull"},
	};

	for (size_t i = 0; i < N_OF(files); i++) {
		must_fail(files[i].data, files[i].len, 0, files[i].name);
		must_fail(files[i].data, files[i].len, 0, files[i].todo);
	}
}
END_TEST

START_TEST(lines_that_only_look_like_another_form_stay_lines)
{
	static const char *const texts[] = {
		"{\"a\":\n{\"b\":1}\n{\"c\":1}\n", /* the first line is broken */
		"{\"a\":\"\n{\"b\":1}\n",          /* a string that never ends */
		"[1]\n[2]\n", "[INFO] x\n[WARN] y\n", "{\"a\":1} rest\n{\"b\":1}\n",
		"{\"a\":\r1}\n{\"b\":2}\n", "BZh\nx\n", "PARAGRAPH\nx\n"};

	for (size_t i = 0; i < N_OF(texts); i++) {
		struct form_found found = form_of(texts[i], strlen(texts[i]), true);

		if (i == 5) /* white space within a value */
			ck_assert_int_eq((int)found.form, (int)FORM_WRAPPED);
		else
			ck_assert_msg(found.form == FORM_TEXT, "%s", texts[i]);
	}
	ck_assert(form_is_latin1("caf\xe9\n", 5));
	ck_assert(!form_is_latin1("caf\xc3\xa9 \xe9\n", 8)); /* one bad line */
	ck_assert(!form_is_latin1("caf\xc3", 4));            /* cut */
	ck_assert(!form_is_latin1("cafe", 4));
}
END_TEST

static void set_up(void)
{
	ck_assert(folder_make(dir, sizeof(dir)));
	snprintf(path, sizeof(path), "%s/in.jsonl", dir);
}

int main(void)
{
	const TTest *const tests[] = {each_form_gives_the_same_lines,
		a_pipe_gives_the_same_lines_wherever_it_is_cut, lists_over_several_lines,
		damage_says_where_after_the_lines_before_it, text_needs_a_folder_for_its_copy,
		text_needs_room_on_the_disk, other_files_are_named_with_what_to_do,
		lines_that_only_look_like_another_form_stay_lines, NULL};

	return unit_run_suite(
		&(struct unit_suite){.name = "forms", .tests = tests, .set_up = set_up});
}
