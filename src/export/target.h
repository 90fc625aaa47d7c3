/* Where an export goes: a file, which appears whole or not at all, standard output, or a folder
 * with a file for each item. All files are private (0600). */
#ifndef SLUICE_EXPORT_TARGET_H
#define SLUICE_EXPORT_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "export/kept_files.h"

struct target;

/* Begins a file, under another name until target_commit(); path NULL or "-": standard output. What
 * is no regular file, such as a pipe, is written as it is. NULL and err when the path exists and
 * force is false, or when it may not be written. kept is borrowed. */
struct target *target_file(
	const char *path, bool force, const struct kept_files *kept, struct error *err);
/* Begins a file that is not there yet, as while a run goes on, which must not wait for a pipe. "-"
 * is a name like any other. NULL and err when there is something of that name, or when it may not
 * be written. */
struct target *target_new_file(const char *path, const struct kept_files *kept, struct error *err);
/* Makes the folder, if it is not there, for files by target_item(). */
struct target *target_folder(
	const char *path, bool force, const struct kept_files *kept, struct error *err);

/* Writes to the file. False and err when that fails; err is "" when nobody reads a pipe any more.
 */
bool target_write(struct target *t, const char *data, size_t len, struct error *err);
/* Writes a file of this name in the folder. */
bool target_item(
	struct target *t, const char *name, const char *data, size_t len, struct error *err);
/* Puts the whole file in its place. sync: wait until it is on the disk. False and err when that
 * fails, or when a file of that name has appeared. */
bool target_commit(struct target *t, bool sync, struct error *err);
/* Frees it; what was not committed is removed. NULL is fine. */
void target_free(struct target *t);
/* The name under which the file stands now; NULL: none. For signal handlers. */
const char *target_temporary(const struct target *t);

#endif
