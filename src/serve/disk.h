/* Folders that hold one thing each: its content, and meta.json, which is written last and removed
 * first. A folder without meta.json is half a thing, and nothing. These calls wait for the disk:
 * all but disk_begin() belong into jobs, or to the start. */
#ifndef SLUICE_SERVE_DISK_H
#define SLUICE_SERVE_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

enum { DISK_PATH_MAX = 4096, DISK_META_MAX = 4 << 20 };

/* Makes a folder (0700), or takes the one that is there. */
bool disk_make(const char *folder, struct error *err);
/* Makes the folder, and in it an empty file (0600) open for writing. The descriptor; -1 and err. */
int disk_begin(const char *folder, const char *name, struct error *err);
/* Replaces the folder's meta.json: afterwards it is on the disk, with the folder's other names. */
bool disk_replace(const char *folder, const char *meta, size_t len, struct error *err);
/* The same in a new folder, whose own name is on the disk, too. */
bool disk_commit(const char *folder, const char *meta, size_t len, struct error *err);
/* Appends the folder's meta.json to out. False and errno: ENOENT when there is none. */
bool disk_read_meta(const char *folder, struct buf *out);
/* Bytes of the files in the folder; of those with another name elsewhere, 0: they are counted
 * there. What cannot be looked at has none. */
uint64_t disk_bytes(const char *folder);
/* Removes one file of the folder, which may not be there. What fails is tried again by the next
 * start. */
void disk_drop(const char *folder, const char *name);
/* Removes the folder and the files in it, meta.json first. What is not there is no failure. */
bool disk_remove(const char *folder, struct error *err);
/* Removes every folder in this one that has no meta.json; calls visit with the name and the meta of
 * the others. What cannot be read is left alone, and warned of. */
bool disk_sweep(const char *folder,
	void (*visit)(void *ctx, const char *name, const char *meta, size_t len), void *ctx,
	struct error *err);
/* Puts name into to's place by a link, or by a copy where the file system has none. */
bool disk_link(const char *from, const char *to, struct error *err);

#endif
