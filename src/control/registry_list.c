#include "control/registry_list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "control/registry_file.h"
#include "control/registry_folder.h"
#include "http/listen.h"

enum { ENDED_MOST = 50, ENDED_DAYS = 7, NOTES_MOST = 8, FILES_MOST = 10000, LOCK_WAIT_MS = 50 };

struct names {
	char **at;
	size_t n;
};

static void names_add(struct names *names, const char *name)
{
	if (!(names->n & (names->n + 1)))
		names->at = xrealloc(names->at, 2 * (names->n + 1), sizeof(*names->at));
	names->at[names->n++] = xstrdup(name);
}

static void names_free(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->at[i]);
	free(names->at);
}

/* The names in the folder, so that nothing is removed while they are read. */
static void names_read(struct names *names, int folder)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		close(fd);
	if (!dir)
		return;
	for (struct dirent *d; names->n < FILES_MOST && (d = readdir(dir));)
		names_add(names, d->d_name);
	closedir(dir);
}

static void list_add(struct registry_list *l, const struct registry_entry *e)
{
	if (!(l->n & (l->n + 1)))
		l->entries = xrealloc(l->entries, 2 * (l->n + 1), sizeof(*l->entries));
	l->entries[l->n++] = *e;
}

static void list_note(struct registry_list *l, const char *name, const struct error *why)
{
	if (l->n_notes >= NOTES_MOST)
		return;
	l->notes = xrealloc(l->notes, l->n_notes + 1, sizeof(*l->notes));
	error_set(&l->notes[l->n_notes++], "%s in the folder of runs %s: skipped; remove it", name,
		why->text);
}

/* Removes the socket of a dead process. */
static void sweep_socket(int folder, const char *stem)
{
	char name[REGISTRY_NAME_SIZE], path[REGISTRY_NAME_SIZE + 32];
	struct stat st;

	snprintf(name, sizeof(name), "%s.sock", stem);
	/* a path of its own that fits into an address, however deep the folder is */
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", folder, name);
	if (!fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISSOCK(st.st_mode) &&
		!listen_unix_is_live(path))
		unlinkat(folder, name, 0);
}

/* Turns the file of a killed run into the record that it could not write itself. */
static void sweep_run(int folder, const char *name, const char *stem, struct registry_entry *e)
{
	int64_t now_s = clock_wall_us() / US_PER_S;

	if (e->name) {
		e->state = xstrdup("KILLED");
		e->done = e->total = e->exit_code = e->ended = -1;
		registry_file_write_ended(folder, stem, now_s, e, NULL);
	}
	unlinkat(folder, name, 0);
	sweep_socket(folder, stem);
}

static void scan_run(
	struct registry_list *l, int folder, bool locked, const char *name, const char *stem)
{
	struct registry_entry e;
	struct error err;

	switch (registry_file_read(folder, name, false, &e, &err)) {
	case REGISTRY_LIVE:
		list_add(l, &e);
		return;
	case REGISTRY_STALE:
		if (locked)
			sweep_run(folder, name, stem, &e);
		registry_entry_free(&e);
		return;
	case REGISTRY_BAD:
		list_note(l, name, &err);
		return;
	case REGISTRY_GONE:
		return;
	}
}

static void scan_runs(struct registry_list *l, int folder, bool locked, const struct names *names)
{
	char stem[REGISTRY_STEM_SIZE], name[REGISTRY_NAME_SIZE];

	for (size_t i = 0; i < names->n; i++) {
		if (registry_file_stem(names->at[i], ".json", stem)) {
			scan_run(l, folder, locked, names->at[i], stem);
		} else if (locked && registry_file_stem(names->at[i], ".sock", stem)) {
			snprintf(name, sizeof(name), "%s.json", stem);
			if (faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) && errno == ENOENT)
				sweep_socket(folder, stem);
		}
	}
}

struct ended_file {
	const char *name;
	int64_t ended_s;
};

static int later_first(const void *a, const void *b)
{
	const struct ended_file *x = a, *y = b;

	return (x->ended_s < y->ended_s) - (x->ended_s > y->ended_s);
}

/* Removes the records that are too old or too many, and reads the others. */
static void scan_ended(
	struct registry_list *l, int folder, bool locked, bool wanted, const struct names *names)
{
	int64_t oldest = clock_wall_us() / US_PER_S - ENDED_DAYS * INT64_C(86400);
	struct ended_file *files = xcalloc(names->n + 1, sizeof(*files));
	struct registry_entry e;
	struct error err;
	size_t n = 0;

	for (size_t i = 0; i < names->n; i++)
		if (registry_file_is_ended(names->at[i], &files[n].ended_s))
			files[n++].name = names->at[i];
	qsort(files, n, sizeof(*files), later_first);
	for (size_t i = 0; i < n; i++) {
		if (i >= ENDED_MOST || files[i].ended_s < oldest) {
			if (locked)
				unlinkat(folder, files[i].name, 0);
			continue;
		}
		if (!wanted)
			continue;
		if (registry_file_read(folder, files[i].name, true, &e, &err) == REGISTRY_LIVE &&
			e.state)
			list_add(l, &e);
		else
			registry_entry_free(&e);
	}
	free(files);
}

static int in_order(const void *a, const void *b)
{
	const struct registry_entry *x = a, *y = b;

	if (x->started != y->started)
		return x->started < y->started ? -1 : 1;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

void registry_list_scan(struct registry_list *l, int folder, bool locked, bool ended)
{
	struct names names = {NULL, 0}, after = {NULL, 0};

	names_read(&names, folder);
	scan_runs(l, folder, locked, &names);
	/* killed runs have their records by now */
	names_read(&after, folder);
	scan_ended(l, folder, locked, ended, &after);
	names_free(&names);
	names_free(&after);
	if (l->n)
		qsort(l->entries, l->n, sizeof(*l->entries), in_order);
}

bool registry_list_read(struct registry_list *l, bool ended, struct error *err)
{
	char path[REGISTRY_PATH_SIZE];
	int folder, lock;

	*l = (struct registry_list){0};
	if (!registry_folder_path(path, err))
		return false;
	folder = registry_folder_open(path, err);
	if (folder < 0)
		return !err->text[0];
	lock = registry_folder_lock(folder, LOCK_WAIT_MS, NULL);
	registry_list_scan(l, folder, lock >= 0, ended);
	if (lock >= 0)
		close(lock);
	close(folder);
	return true;
}

void registry_list_free(struct registry_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		registry_entry_free(&l->entries[i]);
	free(l->entries);
	free(l->notes);
	*l = (struct registry_list){0};
}
