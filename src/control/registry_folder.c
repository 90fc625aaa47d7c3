#include "control/registry_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/config_paths.h"

#define LOCK_FILE "lock"
/* What to do about a folder that cannot be used. */
#define ELSEWHERE "set XDG_STATE_HOME to a folder of yours"

bool registry_folder_path(char out[REGISTRY_PATH_SIZE], struct error *err)
{
	return state_path("run", out, REGISTRY_PATH_SIZE) ||
	       error_set(err, "cannot find the folder of runs: set HOME or XDG_STATE_HOME to an "
			      "absolute path");
}

/* Checks the folder at fd; `closed`: nobody else may even look into it. */
static bool check(int fd, const char *path, bool closed, struct error *err)
{
	mode_t forbidden = closed ? S_IRWXG | S_IRWXO : S_IWGRP | S_IWOTH;
	struct stat st;

	if (fstat(fd, &st))
		return error_set(err, "%s: %s", path, strerror(errno));
	if (st.st_uid != geteuid())
		return error_set(err, "%s belongs to user %lu, not to you (%lu): " ELSEWHERE, path,
			(unsigned long)st.st_uid, (unsigned long)geteuid());
	if ((st.st_mode & forbidden) && fchmod(fd, st.st_mode & 07777 & ~forbidden))
		return error_set(err,
			"%s is accessible to other users (mode %04o) and chmod fails: "
			"%s; " ELSEWHERE,
			path, (unsigned)(st.st_mode & 07777), strerror(errno));
	return true;
}

/* Opens one folder and checks it; -1, with an empty err when it is not there. */
static int open_checked(const char *path, bool closed, struct error *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno != ENOENT)
		error_set(err, "%s: %s; " ELSEWHERE, path,
			errno == ENOTDIR ? "is not a folder" : strerror(errno));
	if (fd < 0)
		return -1;
	if (check(fd, path, closed, err))
		return fd;
	close(fd);
	return -1;
}

int registry_folder_open(const char *path, struct error *err)
{
	char parent[REGISTRY_PATH_SIZE];
	int fd;

	err->text[0] = '\0';
	/* who owns the parent could put another folder in its place */
	snprintf(parent, sizeof(parent), "%.*s", (int)(strrchr(path, '/') - path), path);
	fd = open_checked(parent, false, err);
	if (fd < 0)
		return -1;
	close(fd);
	return open_checked(path, true, err);
}

/* Makes the folder and all its parents. */
static bool make(const char *path, struct error *err)
{
	char part[REGISTRY_PATH_SIZE];
	size_t len = strlen(path);

	memcpy(part, path, len + 1);
	for (size_t at = 1; at <= len; at++) {
		if (path[at] && path[at] != '/')
			continue;
		part[at] = '\0';
		if (mkdir(part, 0700) && errno != EEXIST && access(part, F_OK))
			return error_set(
				err, "cannot create %s: %s; " ELSEWHERE, part, strerror(errno));
		part[at] = path[at];
	}
	return true;
}

int registry_folder_make(const char *path, struct error *err)
{
	int fd;

	if (!make(path, err))
		return -1;
	fd = registry_folder_open(path, err);
	if (fd < 0 && !err->text[0])
		error_set(err, "%s is a broken link, or was just removed", path);
	return fd;
}

int registry_folder_lock(int folder, int wait_ms, struct error *err)
{
	static const struct timespec pause = {.tv_nsec = 5000000};
	int fd = openat(
		folder, LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	int failed;

	if (fd < 0) {
		error_set(err, "the lock of the folder of runs: %s", strerror(errno));
		return -1;
	}
	for (int ms = 0;
		(failed = flock(fd, LOCK_EX | LOCK_NB)) && errno == EWOULDBLOCK && ms < wait_ms;
		ms += 5)
		nanosleep(&pause, NULL);
	if (!failed)
		return fd;
	error_set(err, "the lock of the folder of runs: %s",
		errno == EWOULDBLOCK ? "another process holds it" : strerror(errno));
	close(fd);
	return -1;
}
