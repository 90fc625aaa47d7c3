/* Files that an export must not write over, by whatever name: those of the run, and its input. */
#ifndef SLUICE_EXPORT_KEPT_FILES_H
#define SLUICE_EXPORT_KEPT_FILES_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/error.h"
#include "ledger/paths.h"

enum { KEPT_MAX = 6 };

struct kept_file {
	const char *path, *what; /* borrowed; static */
	bool there;
	dev_t dev;
	ino_t ino;
};
struct kept_files {
	struct kept_file at[KEPT_MAX];
	int n;
};

/* The files of a run, borrowed, be they there or not, and the input, which may be NULL. */
void kept_files_init(struct kept_files *k, const struct ledger_paths *paths, const char *input);
/* May the file at this path be written? False and err when it is one of them, or would be. */
bool kept_files_allow(const struct kept_files *k, const char *path, struct error *err);
/* The same of a file that is there. */
bool kept_files_allow_file(
	const struct kept_files *k, const struct stat *st, const char *path, struct error *err);

#endif
