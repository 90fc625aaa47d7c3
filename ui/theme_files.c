/* Themes as files: where they are found and how they are read. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/inifile.h"
#include "base/config_paths.h"
#include "theme.h"

enum { DIRS = 4, PATH = 600 };

static const char ending[] = ".theme";

/* The search folders of themes, the first wins; returns their number. */
static int folders(char dir[DIRS][PATH])
{
	const char *own = getenv("SLUICE_THEMES");
	char program[PATH];
	ssize_t len;
	int n = 0;

	if (config_path("themes", dir[n], PATH))
		n++;
	if (own && *own)
		snprintf(dir[n++], PATH, "%s", own);
	snprintf(dir[n++], PATH, "%s", THEME_DIR);
	len = readlink("/proc/self/exe", program, sizeof(program) - 1);
	if (len > 0) {
		program[len] = '\0';
		snprintf(dir[n++], PATH, "%.*s/themes", (int)(strrchr(program, '/') - program),
			program);
	}
	return n;
}

static bool has_ending(const char *name)
{
	size_t len = strlen(name), end = strlen(ending);

	return len > end && !strcmp(name + len - end, ending);
}

static bool find(const char *name, char path[PATH * 2])
{
	char dir[DIRS][PATH];
	int n = folders(dir);

	for (int i = 0; i < n; i++) {
		snprintf(path, PATH * 2, "%.*s/%.*s%s", PATH - 1, dir[i], THEME_NAME, name, ending);
		if (!access(path, R_OK))
			return true;
	}
	return false;
}

struct reading {
	struct theme *theme;
	void (*warn)(void *ctx, const char *text);
	void *ctx;
};

static bool on_pair(
	void *ctx, const char *section, const char *name, const char *value, struct error *err)
{
	struct reading *r = ctx;

	if (strcmp(section, "roles") != 0)
		return error_set(err, "a theme has only the section [roles]");
	for (enum role role = ROLE_TEXT; role < ROLE_COUNT; role++)
		if (!strcmp(theme_role_name(role), name))
			return theme_parse_style(value, &r->theme->style[role], err);
	return error_set(err, "no role \"%.40s\"", name);
}

static void on_warning(void *ctx, const char *text)
{
	struct reading *r = ctx;

	r->warn(r->ctx, text);
}

bool theme_load(const char *name, struct theme *out, void (*warn)(void *ctx, const char *text),
	void *ctx, struct error *err)
{
	static const struct inifile_calls calls = {on_pair, on_warning, NULL};
	struct reading r = {out, warn, ctx};
	const char *last = strrchr(name, '/');
	bool is_file = last || has_ending(name);
	char path[PATH * 2];

	*out = *theme_default();
	if (!is_file && !find(name, path)) {
		if (!strcmp(name, out->name))
			return true;
		return error_set(err,
			"no theme \"%.60s\"; sluice looks for %.60s%s in "
			"its themes folders",
			name, name, ending);
	}
	last = last ? last + 1 : name;
	snprintf(out->name, sizeof(out->name), "%.*s",
		(int)(strlen(last) - (has_ending(last) ? strlen(ending) : 0)), last);
	return inifile_read(is_file ? name : path, &calls, &r, err);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void add_name(char names[THEME_LIST][THEME_NAME], size_t *n, const char *name, size_t len)
{
	if (*n == THEME_LIST || len >= THEME_NAME)
		return;
	for (size_t i = 0; i < *n; i++)
		if (strlen(names[i]) == len && !memcmp(names[i], name, len))
			return;
	memcpy(names[*n], name, len);
	names[(*n)++][len] = '\0';
}

size_t theme_list(char names[THEME_LIST][THEME_NAME])
{
	const char *standard = theme_default()->name;
	char dir[DIRS][PATH];
	int dirs = folders(dir);
	size_t n = 0;

	add_name(names, &n, standard, strlen(standard));
	for (int i = 0; i < dirs; i++) {
		DIR *d = opendir(dir[i]);
		struct dirent *e;

		while (d && (e = readdir(d)))
			if (has_ending(e->d_name))
				add_name(names, &n, e->d_name, strlen(e->d_name) - strlen(ending));
		if (d)
			closedir(d);
	}
	qsort(names, n, sizeof(names[0]), by_name);
	return n;
}
