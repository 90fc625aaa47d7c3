#include "config.h"

#include "outside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"

static int64_t changed_us(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return -1;
	return (int64_t)st.st_mtim.tv_sec * US_PER_S + st.st_mtim.tv_nsec / 1000;
}

/* In a folder of its own: the name is the reader's title, and nobody else's file. */
static bool make_copy(
	struct outside *o, const char *name, const char *text, size_t len, struct error *err)
{
	const char *tmp = getenv("TMPDIR");
	int n = snprintf(o->path, sizeof(o->path), "%s/sluice-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	size_t folder = strlen(o->path);
	bool ok;
	int fd;

	if (n < 0 || folder + strlen(name) + 2 > sizeof(o->path) || !mkdtemp(o->path))
		return error_set(
			err, "no copy in %.200s: %s; set TMPDIR", o->path, strerror(errno));
	snprintf(o->path + folder, sizeof(o->path) - folder, "/%s", name);
	fd = open(o->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ok = fd >= 0 && io_write_all(fd, text, len);
	if (!ok)
		error_set(err, "%.200s: %s", o->path, strerror(errno));
	if (fd >= 0)
		close(fd);
	o->written_us = changed_us(o->path);
	return ok;
}

static void drop_copy(struct outside *o)
{
	char *slash = strrchr(o->path, '/');

	unlink(o->path);
	if (slash)
		*slash = '\0';
	rmdir(o->path);
	o->path[0] = '\0';
}

static void take_back(struct outside *o)
{
	ev_child_stop(o->loop, &o->child);
	o->pid = 0;
	terminal_take_back(o->terminal);
}

static void on_child(struct ev_loop *loop, ev_child *w, int events)
{
	struct outside *o = w->data;
	bool kept;

	(void)loop, (void)events;
	if (WIFSTOPPED(w->rstatus)) {
		/* it touched the terminal too early, or had ^Z, which would leave nobody in charge
		 */
		terminal_give(o->terminal, o->pid);
		kill(-o->pid, SIGCONT);
		return;
	}
	if (!WIFEXITED(w->rstatus) && !WIFSIGNALED(w->rstatus))
		return;
	take_back(o);
	kept = changed_us(o->path) > o->written_us;
	if (!kept)
		drop_copy(o);
	o->done(o->ctx, kept ? o->path : NULL, w->rstatus);
}

static int spawn(pid_t *pid, const char *command, const char *path)
{
	static const int usual[] = {SIGPIPE, SIGXFSZ, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD,
		SIGUSR1, SIGUSR2, SIGXCPU, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH};
	char line[600];
	char *const argv[] = {(char *)"sh", (char *)"-c", line, (char *)"sh", (char *)path, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t set;
	int failure;

	if (snprintf(line, sizeof(line), "%s \"$1\"", command) >= (int)sizeof(line))
		return ENAMETOOLONG;
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/tty", O_RDWR, 0);
	posix_spawn_file_actions_adddup2(&files, STDIN_FILENO, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, STDIN_FILENO, STDERR_FILENO);
	posix_spawnattr_init(&attributes);
	sigemptyset(&set);
	posix_spawnattr_setsigmask(&attributes, &set);
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		sigaddset(&set, usual[i]);
	posix_spawnattr_setsigdefault(&attributes, &set);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(&attributes,
		POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	failure = posix_spawn(pid, "/bin/sh", &files, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return failure;
}

void outside_init(struct outside *o, struct ev_loop *loop, struct terminal *terminal,
	void (*done)(void *ctx, const char *kept, int status), void *ctx)
{
	*o = (struct outside){.loop = loop, .terminal = terminal, .done = done, .ctx = ctx};
	ev_child_init(&o->child, on_child, 0, 1);
	o->child.data = o;
}

bool outside_start(struct outside *o, const char *command, const char *name, const char *text,
	size_t len, struct error *err)
{
	int failure;

	if (o->pid)
		return error_set(err, "another program has the terminal");
	if (!make_copy(o, name, text, len, err)) {
		drop_copy(o);
		return false;
	}
	terminal_step_aside(o->terminal);
	failure = spawn(&o->pid, command, o->path);
	if (failure) {
		o->pid = 0;
		drop_copy(o);
		terminal_take_back(o->terminal);
		return error_set(err, "%.100s: %s", command, strerror(failure));
	}
	terminal_give(o->terminal, o->pid);
	ev_child_set(&o->child, o->pid, 1);
	ev_child_start(o->loop, &o->child);
	return true;
}

void outside_free(struct outside *o)
{
	if (!o->pid)
		return;
	kill(-o->pid, SIGHUP);
	kill(-o->pid, SIGCONT);
	take_back(o);
	drop_copy(o);
}
