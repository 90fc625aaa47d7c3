/* The configuration file's options: every one can be set, is printed and read again, and means the
 * same; lines of any kind are taken or told of. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/inifile.h"
#include "cli/command_line.h"
#include "cli/options_file.h"
#include "cli/options_value.h"
#include "unit.h"

enum { TEXT_MAX = 256 << 10 };

/* What was read of a file. */
struct reading {
	bool good;
	struct settings settings;
	struct option_origins origins;
	struct error err;
	char *printed; /* by --print-config; NULL: !good */
};

static const struct option_row *row_of(enum command_id command, const char *name)
{
	const struct option_row *o = options_file_row(command, name);

	ck_assert_msg(o, "%s", name);
	return o;
}

/* Reads a file of that text. */
static struct reading read_text(enum command_id command, const char *text, size_t len)
{
	char path[] = "/tmp/check_options_file.XXXXXX";
	struct reading o = {.good = false};
	int fd = mkstemp(path);
	size_t size;
	FILE *out;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
	close(fd);
	o.good = options_file_read(&o.settings, command, path, &o.origins, &o.err);
	unlink(path);
	if (!o.good)
		return o;
	out = open_memstream(&o.printed, &size);
	options_file_print(command, &o.origins, out);
	fclose(out);
	return o;
}

static void drop(struct reading *o)
{
	option_origins_free(&o->origins);
	settings_free(&o->settings);
	free(o->printed);
}

/* A value that is not the default, in the form in which it is printed. */
static const char *sample(const struct option_row *o)
{
	static const char *const of_shape[][2] = {{"url", "http://h/v1"}, {"sample", "10,3"},
		{"key-env", "A_KEY"}, {"header", "X-A: b, c = d"},
		{"header-for", "https://h X-A: b = c"}, {"endpoint", "a=http://h/v1,weight=2"},
		{"expect", "finish_reason=stop"}, {"field", "a=json.b"}, {"price", "0.15,0.60"},
		{"window", "5/10"}, {"metrics-listen", "[::1]:9464"}, {"listen", "unix:/run/s"},
		{"public-url", "https://h"}, {"cors-origin", "https://h"}};
	const char *last;

	for (size_t i = 0; i < sizeof(of_shape) / sizeof(of_shape[0]); i++)
		if (!strcmp(of_shape[i][0], o->name))
			return of_shape[i][1];
	switch (o->type) {
	case TYPE_FLAG:
		return "true";
	case TYPE_WORD:
	case TYPE_CHOICE:
		last = strrchr(o->choices, '|');
		return last ? last + 1 : o->choices;
	case TYPE_DURATION:
		return "1234ms";
	case TYPE_BYTES:
		return "2M";
	case TYPE_NUMBER:
	case TYPE_COUNT:
		return o->max == 1 ? "0.5" : "3";
	default:
		if (!strcmp(o->name, "stop-on-errors"))
			return "10%";
		return "preview";
	}
}

static size_t size_of(const struct option_row *o)
{
	switch (o->type) {
	case TYPE_FLAG:
		return sizeof(bool);
	case TYPE_CHOICE:
		return sizeof(int);
	case TYPE_NUMBER:
		return sizeof(double);
	default:
		return sizeof(int64_t);
	}
}

static bool same_value(
	const struct option_row *o, const struct settings *a, const struct settings *b)
{
	const char *at = (const char *)a + o->offset, *bt = (const char *)b + o->offset;

	if (o->type == TYPE_TEXT || o->type == TYPE_WORD)
		return !strcmp(*(char *const *)at, *(char *const *)bt);
	if (o->type == TYPE_LIST)
		return !strcmp(**(char **const *)at, **(char **const *)bt);
	return !memcmp(at, bt, size_of(o));
}

/* Reads "[command] name = value", and once more what is printed of it. */
static void check_again(enum command_id command, const struct option_row *row, const char *value)
{
	struct reading first, again;
	char text[200], shown[200];

	snprintf(text, sizeof(text), "[%s]\n%s = %s\n", command_row(command)->name, row->name,
		value);
	first = read_text(command, text, strlen(text));
	ck_assert_msg(first.good, "%s", first.err.text);
	if (!option_may_show(row->name, value, row->secret)) {
		snprintf(shown, sizeof(shown), "# %s is set but not shown", row->name);
		ck_assert_msg(strstr(first.printed, shown), "%s%s", text, first.printed);
		drop(&first);
		return;
	}
	snprintf(shown, sizeof(shown), ":2\n%s = %s\n", row->name, value);
	ck_assert_msg(strstr(first.printed, shown), "%s%s", text, first.printed);
	again = read_text(command, first.printed, strlen(first.printed));
	ck_assert_msg(again.good, "%s", again.err.text);
	ck_assert_msg(same_value(row, &first.settings, &again.settings), "%s", text);
	drop(&first);
	drop(&again);
}

START_TEST(every_option_means_the_same_when_it_is_printed_and_read)
{
	const struct option_row *rows;
	size_t n;

	setenv("A_KEY", "x", 1);
	rows = option_table(&n);
	for (int c = 0; c < COMMAND_COUNT; c++) {
		for (size_t i = 0; i < n; i++) {
			enum command_id command = (enum command_id)c;

			if (options_file_row(command, rows[i].name) != &rows[i] ||
				!option_may_show(rows[i].name, sample(&rows[i]), rows[i].secret))
				continue;
			check_again(command, &rows[i], sample(&rows[i]));
			if (rows[i].zero)
				check_again(command, &rows[i], rows[i].zero);
			if (rows[i].type == TYPE_FLAG)
				check_again(command, &rows[i], "false");
		}
	}
}
END_TEST

START_TEST(lines_of_any_form_are_taken)
{
	static const char *const forms[] = {"[run]\nrpm = 5\nmax-attempts = 7\n",
		"[run]\r\nrpm = 5\r\nmax-attempts = 7\r\n",
		"\xef\xbb\xbf[run]\nrpm=5\nmax-attempts:7",
		"[run]\n  rpm = 5\n\tmax-attempts = 7\n",
		"\n; x\n# y\n[run] # z\n rpm = 5 ; six\n\n ;\nmax-attempts = 7",
		"[run]\nrpm = 9\n[demo]\n[run]\nmax-attempts = 7\nrpm = 5\n"};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct reading o = read_text(COMMAND_RUN, forms[i], strlen(forms[i]));

		ck_assert_msg(o.good, "%zu: %s", i, o.err.text);
		ck_assert_msg(
			o.settings.run.limits.rpm == 5 && o.settings.run.retry.max_attempts == 7,
			"%zu", i);
		drop(&o);
	}
}
END_TEST

START_TEST(what_cannot_be_read_ends_with_its_line)
{
	static const struct {
		const char *text, *says;
		size_t len; /* 0: of the text */
	} wrong[] = {
		{"[run]\nrpm = 5\0garbage\n", ":2: ", 22},
		{"[run]\n\nstream = maybe\n", ":3: --stream takes true or false", 0},
		{"[run]\nrpm = \n", ":2: --rpm takes a number", 0},
		{"\n[endpoint a b]\n", ":2: the name of an endpoint", 0},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct reading o = read_text(COMMAND_RUN, wrong[i].text,
			wrong[i].len ? wrong[i].len : strlen(wrong[i].text));

		ck_assert(!o.good);
		ck_assert_msg(strstr(o.err.text, wrong[i].says), "%s", o.err.text);
		drop(&o);
	}
}
END_TEST

/* "[run]\nheader = X: yyy…" whose second line has this length. */
static char *long_line(size_t len)
{
	char *text = xmalloc(len + 16);
	int n = snprintf(text, 32, "[run]\nheader = X: ");

	memset(text + n, 'y', len + 6 - (size_t)n);
	strcpy(text + len + 6, "\n");
	return text;
}

START_TEST(no_long_line_is_lost)
{
	size_t most = inifile_line_most();
	char *text = long_line(most);
	struct reading o = read_text(COMMAND_RUN, text, strlen(text)), again;

	ck_assert_msg(o.good, "%s", o.err.text);
	ck_assert_uint_eq(strlen(o.settings.run.request.headers[0]), most - strlen("header = "));
	again = read_text(COMMAND_RUN, o.printed, strlen(o.printed));
	ck_assert_str_eq(o.settings.run.request.headers[0], again.settings.run.request.headers[0]);
	free(text);
	drop(&o);
	drop(&again);
	text = long_line(most + 1);
	o = read_text(COMMAND_RUN, text, strlen(text));
	ck_assert(!o.good);
	ck_assert_msg(strstr(o.err.text, ":2: the line is too long"), "%s", o.err.text);
	free(text);
	drop(&o);
}
END_TEST

START_TEST(too_many_of_an_option_are_told_as_such)
{
	char *text = xmalloc(64 << 10);
	int n = snprintf(text, 64, "[run]\n");
	struct reading o;

	for (int i = 0; i < 1000; i++)
		n += snprintf(text + n, 64, "header = X-%d: y\n", i);
	o = read_text(COMMAND_RUN, text, (size_t)n);
	ck_assert_msg(o.good, "%s", o.err.text);
	drop(&o);
	n += snprintf(text + n, 64, "header = X-More: y\n");
	o = read_text(COMMAND_RUN, text, (size_t)n);
	ck_assert(!o.good);
	ck_assert_msg(strstr(o.err.text, ":1002: --header may be given at most 1000 times"), "%s",
		o.err.text);
	free(text);
	drop(&o);
}
END_TEST

START_TEST(sections_without_members_count)
{
	struct reading o = read_text(COMMAND_RUN, "\n[endpoint a]\n[run]\n", 20);
	struct error err = {""};

	ck_assert_msg(o.good, "%s", o.err.text);
	ck_assert_uint_eq(o.settings.run.endpoints.n_sections, 1);
	ck_assert(!endpoint_specs_check(o.settings.run.endpoints.sections, 1, &err));
	ck_assert_msg(strstr(err.text, ":2: endpoint a: the url is missing"), "%s", err.text);
	drop(&o);
}
END_TEST

/* The command line has the first, the file the second. */
static struct reading read_behind(const char *typed, const char *value, const char *text)
{
	const struct option_row *o = row_of(COMMAND_RUN, typed);
	char path[] = "/tmp/check_options_file.XXXXXX";
	struct reading out = {.good = false};
	int fd = mkstemp(path);

	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	ck_assert(option_set(&out.settings, o, value, &out.err));
	option_origins_note(&out.origins, o, 0, option_note(&out.settings, o, value));
	out.good = options_file_read(&out.settings, COMMAND_RUN, path, &out.origins, &out.err);
	unlink(path);
	ck_assert_msg(out.good, "%s", out.err.text);
	return out;
}

START_TEST(the_command_line_wins)
{
	struct reading o = read_behind("stream", "false", "[run]\nstream = true\n");

	ck_assert(!o.settings.run.request.stream);
	drop(&o);
	o = read_behind("key-file", "f", "[run]\nkey-env = A_KEY\n");
	ck_assert_ptr_null(o.settings.run.target.key_env);
	drop(&o);
	o = read_behind("key-env", "A_KEY", "[run]\nkey-file = f\n");
	ck_assert_ptr_null(o.settings.run.target.key_file);
	drop(&o);
	o = read_behind("endpoint", "a=http://h", "[run]\nurl = http://g\nkey-env = A_KEY\n");
	ck_assert(!o.settings.run.target.url && !o.settings.run.target.key_env);
	drop(&o);
	o = read_behind(
		"url", "http://h", "[run]\nkey-env = A_KEY\n[endpoint a]\nurl = http://g\n");
	ck_assert(o.settings.run.target.key_env && !o.settings.run.endpoints.n_sections);
	drop(&o);
	o = read_behind("pipeline", "p", "[run]\ntemplate = t\n");
	ck_assert_ptr_null(o.settings.run.input.template);
	drop(&o);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {every_option_means_the_same_when_it_is_printed_and_read,
		lines_of_any_form_are_taken, what_cannot_be_read_ends_with_its_line,
		no_long_line_is_lost, too_many_of_an_option_are_told_as_such,
		sections_without_members_count, the_command_line_wins, NULL};

	return unit_run("options_file", tests);
}
