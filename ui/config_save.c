/* Keeps settings of the dashboard in the configuration file, line by line: comments, other sections
 * and the order of lines stay. */
#include "config.h"

#include "config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/config_paths.h"
#include "base/inifile.h"
#include "base/io.h"
#include "base/path.h"

enum { FILE_MAX = 1 << 20 };

/* What is kept. */
struct setting {
	const char *name, *value;
	bool written;
};

static void add_setting(struct buf *out, struct setting *s)
{
	if (!s->written)
		buf_addf(out, "%s = %s\n", s->name, s->value);
	s->written = true;
}

/* The setting that a line of [ui] sets; NULL: another one. */
static struct setting *setting_of(const char *line, size_t len, struct setting *s, size_t n)
{
	size_t blanks = strspn(line, " \t");

	for (size_t i = 0; blanks < len && i < n; i++) {
		size_t name = strlen(s[i].name);
		const char *end = line + blanks + name;

		if (blanks + name < len && !strncasecmp(line + blanks, s[i].name, name) &&
			(end[strspn(end, " \t")] == '=' || end[strspn(end, " \t")] == ':'))
			return &s[i];
	}
	return NULL;
}

/* The text with the settings in its section [ui]: in their own lines, else at its beginning. */
static void change_text(const char *text, struct setting *s, size_t n, struct buf *out)
{
	bool ours = false;

	for (size_t len; *text; text += len) {
		struct setting *of;
		const char *first = text + strspn(text, " \t");

		len = strcspn(text, "\n");
		of = ours ? setting_of(text, len, s, n) : NULL;
		if (*first == '[')
			ours = !strncmp(first, "[ui]", 4);
		len += text[len] == '\n';
		if (of)
			add_setting(out, of);
		else
			buf_add(out, text, len);
		if (out->len && out->data[out->len - 1] != '\n')
			buf_addc(out, '\n');
	}
	for (size_t i = 0; i < n; i++) {
		if (s[i].written)
			continue;
		if (!ours)
			buf_adds(out, "[ui]\n");
		ours = true;
		add_setting(out, &s[i]);
	}
}

static bool make_folders(const char *path, struct error *err)
{
	char part[PATH_MAX];

	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		if (mkdir(part, 0700) && errno != EEXIST && access(part, F_OK))
			return error_set(
				err, "cannot make the folder %s: %s", part, strerror(errno));
	}
	return true;
}

static bool read_text(const char *path, struct buf *out, mode_t *mode, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	bool ok;

	if (fd < 0)
		return errno == ENOENT ||
		       error_set(err, "cannot read %s: %s", path, strerror(errno));
	ok = !fstat(fd, &st) && S_ISREG(st.st_mode) && io_read_all(fd, out);
	if (ok)
		*mode = st.st_mode & 0777;
	close(fd);
	return ok || error_set(err, "cannot read %s, or it is not a regular file", path);
}

/* Replaces the file as a whole. */
static bool write_text(const char *path, struct buf *text, mode_t mode, struct error *err)
{
	char name[PATH_MAX + 8];
	int fd;
	bool ok;

	snprintf(name, sizeof(name), "%s.XXXXXX", path);
	fd = mkostemp(name, O_CLOEXEC);
	ok = fd >= 0 && !fchmod(fd, mode) && io_write_all(fd, buf_str(text), text->len) &&
	     io_sync(fd);
	if (fd >= 0)
		ok = !close(fd) && ok;
	ok = ok && !rename(name, path);
	if (!ok) {
		error_set(err, "cannot write %s: %s", path, strerror(errno));
		if (fd >= 0)
			unlink(name);
	}
	return ok;
}

bool config_save(const char *path, const char *columns, const char *sort, struct error *err)
{
	struct setting settings[] = {{"columns", columns, false}, {"sort", sort, false}};
	char own[PATH_MAX], *target;
	struct buf text, out;
	mode_t mode = 0600;
	bool ok;

	if (path && inifile_is_pipe(path))
		return error_set(err, "cannot save: the configuration came through a pipe");
	if (!path && !config_path("config", own, sizeof(own)))
		return error_set(err, "cannot save: set XDG_CONFIG_HOME or HOME");
	if (!path && !make_folders(own, err))
		return false;
	/* a link to the file stays one */
	target = realpath(path ? path : own, NULL);
	if (!target)
		target = xstrdup(path ? path : own);
	buf_init(&text, FILE_MAX);
	buf_init(&out, FILE_MAX + 1024);
	ok = read_text(target, &text, &mode, err);
	if (ok) {
		change_text(buf_str(&text), settings, 2, &out);
		ok = write_text(target, &out, mode, err);
	}
	buf_free(&text);
	buf_free(&out);
	free(target);
	return ok;
}
