#include "config.h"

#include "control/registry.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "control/registry_file.h"
#include "control/registry_folder.h"
#include "control/registry_list.h"
#include "control/run_name.h"

enum { OPEN_WAIT_MS = 2000, CLOSE_WAIT_MS = 200, NAMES_MOST = 10000 };

struct registry {
	struct registry_entry own;
	char folder[REGISTRY_PATH_SIZE];
	char stem[REGISTRY_STEM_SIZE];
	bool own_socket; /* in the folder */
	int fd;          /* of the file: its lock says that the run goes on */
	off_t size;      /* of the file */
};

/* Joins a folder and a name; owned. */
static char *joined(const char *folder, const char *name)
{
	size_t size = strlen(folder) + strlen(name) + 2;
	char *path = xmalloc(size);

	snprintf(path, size, "%s/%s", strcmp(folder, "/") ? folder : "", name);
	return path;
}

/* The path from the root, through symbolic links, also of a file that is yet to come; owned. */
static char *absolute(const char *path)
{
	const char *slash = strrchr(path, '/');
	char real[PATH_MAX], *folder;
	bool found;

	if (!strcmp(path, "-"))
		return xstrdup(path);
	if (realpath(path, real))
		return xstrdup(real);
	folder = slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
	found = realpath(folder, real);
	free(folder);
	if (found)
		return joined(real, slash ? slash + 1 : path);
	return *path != '/' && getcwd(real, sizeof(real)) ? joined(real, path) : xstrdup(path);
}

static bool is_taken(const struct registry_list *live, const char *name)
{
	for (size_t i = 0; i < live->n; i++)
		if (!strcmp(live->entries[i].name, name))
			return true;
	return false;
}

static bool choose_name(struct registry *r, const char *given, const char *results,
	const struct registry_list *live, struct error *err)
{
	char wanted[RUN_NAME_SIZE], name[RUN_NAME_SIZE];

	if (given && !run_name_check(given, err))
		return false;
	if (given)
		snprintf(wanted, sizeof(wanted), "%s", given);
	else
		run_name_of(results ? results : "run", wanted);
	for (int n = 1; n < NAMES_MOST; n++) {
		run_name_numbered(wanted, n, name);
		if (is_taken(live, name) || !run_name_check(name, NULL))
			continue;
		r->own.name = xstrdup(name);
		return true;
	}
	return error_set(err, "too many runs are named %s", wanted);
}

/* A stem that no run that goes on has: pids of other containers may be the same. */
static bool choose_stem(struct registry *r, int folder, struct error *err)
{
	char name[REGISTRY_NAME_SIZE];
	struct stat st;

	for (int n = 1; n < NAMES_MOST; n++) {
		snprintf(r->stem, sizeof(r->stem), n > 1 ? "%lld-%d" : "%lld",
			(long long)r->own.pid, n);
		snprintf(name, sizeof(name), "%s.json", r->stem);
		if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW))
			return true;
	}
	return error_set(
		err, "the folder of runs is full of files of pid %lld", (long long)r->own.pid);
}

static bool choose_socket(struct registry *r, const char *given, struct error *err)
{
	enum { MOST = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1 };
	char name[REGISTRY_NAME_SIZE];

	if (given) {
		r->own.socket = absolute(given);
		return true;
	}
	snprintf(name, sizeof(name), "%s.sock", r->stem);
	r->own.socket = joined(r->folder, name);
	if (strlen(r->own.socket) > MOST)
		return error_set(err,
			"%s: the path is too long for a socket, the limit is %d bytes; set "
			"XDG_STATE_HOME to a shorter path, or give --control PATH",
			r->folder, MOST);
	r->own_socket = true;
	return true;
}

/* Writes the file. The caller has the lock of the folder. */
static bool write_own(struct registry *r, int folder, struct error *err)
{
	char name[REGISTRY_NAME_SIZE];
	struct stat st;
	int fd;

	snprintf(name, sizeof(name), "%s.json", r->stem);
	fd = registry_file_write(folder, name, &r->own, err);
	if (fd < 0)
		return false;
	if (r->fd >= 0)
		close(r->fd);
	r->fd = fd;
	r->size = fstat(fd, &st) ? 0 : st.st_size;
	return true;
}

/* The caller has the lock of the folder. */
static bool enter(struct registry *r, int folder, const struct registry_run *run, struct error *err)
{
	struct registry_list live = {0};
	bool ok;

	registry_list_scan(&live, folder, true, false);
	ok = choose_name(r, run->name, run->results, &live, err) && choose_stem(r, folder, err) &&
	     choose_socket(r, run->socket, err);
	registry_list_free(&live);
	return ok && write_own(r, folder, err);
}

static void registry_free(struct registry *r)
{
	if (r->fd >= 0)
		close(r->fd);
	registry_entry_free(&r->own);
	free(r);
}

struct registry *registry_open(const struct registry_run *run, struct error *err)
{
	struct registry *r = xcalloc(1, sizeof(*r));
	int folder = -1, lock = -1;
	bool ok;

	r->fd = -1;
	r->own = (struct registry_entry){
		.pid = getpid(),
		.version = xstrdup(PACKAGE_VERSION),
		.input = run->input ? absolute(run->input) : NULL,
		.results = run->results ? absolute(run->results) : NULL,
		.kind = run->is_service ? xstrdup(REGISTRY_SERVICE) : NULL,
		.api_version = REGISTRY_API_VERSION,
		.started = clock_wall_us() / US_PER_S,
	};
	if (registry_folder_path(r->folder, err))
		folder = registry_folder_make(r->folder, err);
	if (folder >= 0)
		lock = registry_folder_lock(folder, OPEN_WAIT_MS, err);
	ok = lock >= 0 && enter(r, folder, run, err);
	if (lock >= 0)
		close(lock);
	if (folder >= 0)
		close(folder);
	if (ok)
		return r;
	registry_free(r);
	return NULL;
}

const struct registry_entry *registry_own(const struct registry *r)
{
	return &r->own;
}

/* Is the file at its place still ours? */
static bool is_in_place(const struct registry *r)
{
	char path[REGISTRY_PATH_SIZE + REGISTRY_NAME_SIZE];
	struct stat ours, there;

	snprintf(path, sizeof(path), "%s/%s.json", r->folder, r->stem);
	return !fstat(r->fd, &ours) && !lstat(path, &there) && ours.st_dev == there.st_dev &&
	       ours.st_ino == there.st_ino && ours.st_size == r->size;
}

bool registry_rewrite(struct registry *r, struct error *err)
{
	int folder, lock;
	bool ok = false;

	if (is_in_place(r))
		return true;
	folder = registry_folder_make(r->folder, err);
	if (folder < 0)
		return false;
	lock = registry_folder_lock(folder, 0, err);
	if (lock >= 0) {
		ok = write_own(r, folder, err);
		close(lock);
	}
	close(folder);
	return ok;
}

static void write_end(struct registry *r, int folder, const struct registry_end *end)
{
	r->own.state = xstrdup(end->state);
	r->own.done = (int64_t)end->done;
	r->own.total = (int64_t)end->total;
	r->own.exit_code = end->exit_code;
	r->own.ended = clock_wall_us() / US_PER_S;
	registry_file_write_ended(folder, r->stem, r->own.ended, &r->own, NULL);
}

/* The caller has the lock of the folder. */
static void leave(struct registry *r, int folder, const struct registry_end *end)
{
	char name[REGISTRY_NAME_SIZE];

	if (end)
		write_end(r, folder, end);
	if (!is_in_place(r))
		return;
	if (r->own_socket) {
		snprintf(name, sizeof(name), "%s.sock", r->stem);
		unlinkat(folder, name, 0);
	}
	snprintf(name, sizeof(name), "%s.json", r->stem);
	unlinkat(folder, name, 0);
}

void registry_close(struct registry *r, const struct registry_end *end)
{
	struct registry_list others = {0};
	struct error err;
	int folder, lock;

	if (!r)
		return;
	folder = registry_folder_open(r->folder, &err);
	lock = folder < 0 ? -1 : registry_folder_lock(folder, CLOSE_WAIT_MS, &err);
	if (lock >= 0) {
		leave(r, folder, end);
		registry_list_scan(&others, folder, true, false);
		registry_list_free(&others);
		close(lock);
	}
	if (folder >= 0)
		close(folder);
	registry_free(r);
}
