#include "base/inifile.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>

struct reading {
	const char *path;
	FILE *file;
	int *line; /* the library's handler gets none, so the reader counts */
	const struct inifile_calls *calls;
	void *ctx;
};

static void warn(struct reading *r, int line, const char *what)
{
	struct error text;

	error_set(&text, "%.300s:%d: %s", r->path, line, what);
	r->calls->warn(r->ctx, text.text);
}

/* As fgets(), but a line that is too long is left out instead of read as two. */
static char *read_line(char *out, int size, void *ctx)
{
	struct reading *r = ctx;
	size_t len;
	int c;

	if (!fgets(out, size, r->file))
		return NULL;
	++*r->line;
	len = strlen(out);
	if ((len && out[len - 1] == '\n') || (int)len + 1 < size)
		return out;
	c = getc(r->file);
	if (c == EOF || c == '\n')
		return out;
	while ((c = getc(r->file)) != EOF && c != '\n')
		;
	warn(r, *r->line, "the line is too long");
	strcpy(out, "\n");
	return out;
}

static int on_pair(void *ctx, const char *section, const char *name, const char *value)
{
	struct reading *r = ctx;
	struct error err = {""};

	if (!r->calls->pair(r->ctx, section, name, value, &err))
		warn(r, *r->line, err.text);
	return 1;
}

bool inifile_read_lines(const char *path, const struct inifile_calls *calls, void *ctx, int *line,
	struct error *err)
{
	struct reading r = {path, fopen(path, "re"), line, calls, ctx};
	int bad;
	bool whole;

	*line = 0;
	if (!r.file)
		return error_set(err, "%.300s: %s", path, strerror(errno));
	errno = 0;
	bad = ini_parse_stream(read_line, &r, on_pair, &r);
	whole = !ferror(r.file);
	if (!whole)
		error_set(err, "%.300s: %s", path, strerror(errno ? errno : EIO));
	fclose(r.file);
	if (bad > 0)
		warn(&r, bad, "neither [section] nor name = value");
	return whole;
}

bool inifile_read(const char *path, const struct inifile_calls *calls, void *ctx, struct error *err)
{
	int line;

	return inifile_read_lines(path, calls, ctx, &line, err);
}
