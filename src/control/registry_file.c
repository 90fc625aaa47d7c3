#include "config.h" /* struct ucred */

#include "control/registry_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/io.h"

#define NEW_FILE     ".new"
#define ENDED_FORMAT "ended-%" PRId64 "-%s.json"

/* Does that process listen at the path? Nothing is sent to it. */
static bool listens(const char *path, int64_t pid)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct ucred peer = {0};
	socklen_t len = sizeof(peer);
	bool is_it = false;
	int fd;

	if (strlen(path) >= sizeof(a.sun_path))
		return false;
	memcpy(a.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return true; /* not known: then nothing is removed */
	if (!connect(fd, (struct sockaddr *)&a, sizeof(a)) &&
		!getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		is_it = peer.pid == (pid_t)pid;
	close(fd);
	return is_it;
}

/* Does the run of the file at fd go on? */
static bool goes_on(int fd, const struct registry_entry *e)
{
	if (!flock(fd, LOCK_SH | LOCK_NB))
		return listens(e->socket, e->pid); /* a file system may forget locks */
	return errno == EWOULDBLOCK || !kill((pid_t)e->pid, 0) || errno == EPERM;
}

/* Reads the whole file; false and err when it cannot be a run's. */
static bool read_all(int fd, struct buf *text, struct error *err)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st))
		return error_set(err, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return error_set(err, "is not a regular file");
	if (st.st_uid != geteuid())
		return error_set(err, "belongs to user %lu", (unsigned long)st.st_uid);
	if (st.st_size > REGISTRY_ENTRY_MAX)
		return error_set(err, "is too large for a run");
	if (!buf_reserve(text, (size_t)st.st_size))
		return error_set(err, "is too large for a run");
	while (text->len < (size_t)st.st_size) {
		n = read(fd, text->data + text->len, (size_t)st.st_size - text->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(err, "%s", strerror(errno));
		if (!n)
			break;
		text->len += (size_t)n;
	}
	return true;
}

static enum registry_life read_open(
	int fd, bool of_ended, struct registry_entry *e, struct error *err)
{
	enum registry_life life = REGISTRY_BAD;
	struct buf text;

	buf_init(&text, REGISTRY_ENTRY_MAX);
	if (!read_all(fd, &text, err))
		life = REGISTRY_BAD;
	else if (!text.len)
		life = REGISTRY_STALE; /* the machine went down before it was on the disk */
	else if (registry_entry_read(text.data, text.len, e, err))
		life = of_ended || goes_on(fd, e) ? REGISTRY_LIVE : REGISTRY_STALE;
	buf_free(&text);
	return life;
}

enum registry_life registry_file_read(
	int folder, const char *name, bool of_ended, struct registry_entry *e, struct error *err)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	enum registry_life life;

	*e = (struct registry_entry){0};
	if (fd < 0 && errno == ENOENT)
		return REGISTRY_GONE;
	if (fd < 0) {
		error_set(err, "%s", errno == ELOOP ? "is a symbolic link" : strerror(errno));
		return REGISTRY_BAD;
	}
	life = read_open(fd, of_ended, e, err);
	close(fd);
	return life;
}

static bool write_entry(int fd, const struct registry_entry *e)
{
	struct buf text;
	struct json_writer w = json_writer_to(&text);
	bool ok;

	buf_init(&text, REGISTRY_ENTRY_MAX);
	registry_entry_write(e, &w);
	ok = buf_addc(&text, '\n') && json_writer_fits(&w);
	if (!ok)
		errno = ENAMETOOLONG;
	ok = ok && io_write_all(fd, text.data, text.len);
	buf_free(&text);
	return ok;
}

int registry_file_write(
	int folder, const char *name, const struct registry_entry *e, struct error *err)
{
	int fd;

	unlinkat(folder, NEW_FILE, 0);
	fd = openat(folder, NEW_FILE, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	/* locked before it has its name: no reader finds it unlocked */
	if (fd >= 0 && (e->state || !flock(fd, LOCK_EX | LOCK_NB) || errno != EWOULDBLOCK) &&
		write_entry(fd, e) && !renameat(folder, NEW_FILE, folder, name))
		return fd;
	error_set(err, "%s in the folder of runs: %s", name, strerror(errno));
	if (fd >= 0)
		close(fd);
	unlinkat(folder, NEW_FILE, 0);
	return -1;
}

bool registry_file_write_ended(int folder, const char *stem, int64_t ended_s,
	const struct registry_entry *e, struct error *err)
{
	char name[REGISTRY_NAME_SIZE];
	int fd;

	snprintf(name, sizeof(name), ENDED_FORMAT, ended_s, stem);
	fd = registry_file_write(folder, name, e, err);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

bool registry_file_stem(const char *name, const char *ending, char out[REGISTRY_STEM_SIZE])
{
	size_t len = strspn(name, "0123456789");

	if (len && name[len] == '-')
		len += 1 + strspn(name + len + 1, "0123456789");
	if (!len || len >= REGISTRY_STEM_SIZE || name[len - 1] == '-' || strcmp(name + len, ending))
		return false;
	memcpy(out, name, len);
	out[len] = '\0';
	return true;
}

bool registry_file_is_ended(const char *name, int64_t *ended_s)
{
	static const char front[] = "ended-";
	char stem[REGISTRY_STEM_SIZE];
	const char *at = name + sizeof(front) - 1;
	size_t digits;

	if (strncmp(name, front, sizeof(front) - 1))
		return false;
	digits = strspn(at, "0123456789");
	if (!digits || digits > 12 || at[digits] != '-')
		return false;
	*ended_s = strtoll(at, NULL, 10);
	return registry_file_stem(at + digits + 1, ".json", stem);
}
