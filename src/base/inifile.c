#include "config.h"

#include "base/inifile.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The library's own limit where it cannot be changed. */
#if HAVE_DECL_INI_INITIAL_ALLOC
enum { LINE_SIZE = 64 << 10 };
#else
enum { LINE_SIZE = INI_MAX_LINE };
#endif

struct reading {
	const char *path;
	FILE *file;
	int *line; /* the library passes no line number, so the reader counts */
	const struct inifile_calls *calls;
	void *ctx;
	bool owes_pair; /* the last line should have been a section */
	bool failed;
	struct error *err;
};

size_t inifile_line_most(void)
{
	return LINE_SIZE - 3; /* its end, and a string's end */
}

static void warn(struct reading *r, const char *what)
{
	struct error text;

	error_set(&text, "%.300s:%d: %s", r->path, *r->line, what);
	r->calls->warn(r->ctx, text.text);
}

static char *fail(struct reading *r, const char *what)
{
	r->failed = !error_set(r->err, "%.300s:%d: %s", r->path, *r->line, what);
	return NULL;
}

static void begin_section(struct reading *r, char *line)
{
	size_t len = strcspn(line + 1, "];");
	struct error err = {""};

	r->owes_pair = line[1 + len] != ']';
	if (r->owes_pair || !r->calls->section)
		return;
	line[1 + len] = '\0';
	if (!r->calls->section(r->ctx, line + 1, &err))
		warn(r, err.text);
	line[1 + len] = ']';
}

static void end_line(struct reading *r)
{
	if (r->owes_pair)
		warn(r, "expected [section] or name = value");
	r->owes_pair = false;
}

/* Reads the next line without its indentation, which the library would take for a continuation. */
static char *read_line(char *out, int size, void *ctx)
{
	static const char bom[] = "\xef\xbb\xbf";
	struct reading *r = ctx;
	int len = 0, c;

	end_line(r);
	++*r->line;
	while ((c = getc(r->file)) != EOF && c != '\n') {
		if (!c)
			return fail(r, "a NUL byte: not a text file");
		if (!len && isspace(c))
			continue;
		if (len + 3 >= size)
			return fail(r, "the line is too long");
		out[len++] = (char)c;
		if (*r->line == 1 && len == 3 && !memcmp(out, bom, 3))
			len = 0;
	}
	if (c == EOF && !len)
		return NULL;
	out[len] = '\0';
	if (out[0] == '[')
		begin_section(r, out);
	else
		r->owes_pair = len && !strchr(";#", out[0]);
	return out;
}

static int on_pair(void *ctx, const char *section, const char *name, const char *value)
{
	struct reading *r = ctx;
	struct error err = {""};

	r->owes_pair = false;
	if (!r->calls->pair(r->ctx, section, name, value, &err))
		warn(r, err.text);
	return 1;
}

bool inifile_read_lines(const char *path, const struct inifile_calls *calls, void *ctx, int *line,
	struct error *err)
{
	struct reading r = {path, fopen(path, "re"), line, calls, ctx, false, false, err};

	*line = 0;
	if (!r.file)
		return error_set(err, "%.300s: %s", path, strerror(errno));
#if HAVE_DECL_INI_INITIAL_ALLOC
	ini_use_stack = false;
	ini_initial_alloc = LINE_SIZE;
#endif
	errno = 0;
	if (ini_parse_stream(read_line, &r, on_pair, &r) == -2)
		r.failed = !error_set(err, "%.300s: %s", path, strerror(ENOMEM));
	else if (ferror(r.file))
		r.failed = !error_set(err, "%.300s: %s", path, strerror(errno ? errno : EIO));
	fclose(r.file);
	return !r.failed;
}

bool inifile_read(const char *path, const struct inifile_calls *calls, void *ctx, struct error *err)
{
	int line;

	return inifile_read_lines(path, calls, ctx, &line, err);
}

bool inifile_is_pipe(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISFIFO(st.st_mode);
}
