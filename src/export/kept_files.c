#include "export/kept_files.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"

static void keep(struct kept_files *k, const char *path, const char *what)
{
	struct kept_file *file;
	struct stat st;

	if (!path)
		return;
	file = &k->at[k->n++];
	*file = (struct kept_file){.path = path, .what = what, .there = !stat(path, &st)};
	if (file->there) {
		file->dev = st.st_dev;
		file->ino = st.st_ino;
	}
}

void kept_files_init(struct kept_files *k, const struct ledger_paths *paths, const char *input)
{
	*k = (struct kept_files){.n = 0};
	keep(k, paths->results, "the results of the run");
	keep(k, paths->errors, "the errors file of the run");
	keep(k, paths->journal, "the journal of the run");
	keep(k, paths->voided, "the void results of the run");
	keep(k, input, "the input of the run");
}

static bool refuse(const struct kept_file *file, const char *path, struct error *err)
{
	return error_set(err, "%.300s is %s: choose another name", path, file->what);
}

bool kept_files_allow_file(
	const struct kept_files *k, const struct stat *st, const char *path, struct error *err)
{
	for (int i = 0; i < k->n; i++)
		if (k->at[i].there && k->at[i].dev == st->st_dev && k->at[i].ino == st->st_ino)
			return refuse(&k->at[i], path, err);
	return true;
}

static bool stat_folder(const char *path, struct stat *st)
{
	char *folder = path_folder(path);
	bool there = !stat(folder, st);

	free(folder);
	return there;
}

/* Would both be the same file? */
static bool same_place(const char *a, const char *b)
{
	struct stat x, y;

	return !strcmp(path_base(a), path_base(b)) && stat_folder(a, &x) && stat_folder(b, &y) &&
	       x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

bool kept_files_allow(const struct kept_files *k, const char *path, struct error *err)
{
	struct stat st;

	if (!stat(path, &st))
		return kept_files_allow_file(k, &st, path, err);
	for (int i = 0; i < k->n; i++)
		if (same_place(k->at[i].path, path))
			return refuse(&k->at[i], path, err);
	return true;
}
