#include "config.h"

#include "base/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

static int set_file(posix_spawn_file_actions_t *files, int from, int to)
{
	if (from == SPAWN_OURS)
		return 0;
	if (from == SPAWN_NONE)
		return posix_spawn_file_actions_addopen(
			files, to, "/dev/null", to == STDIN_FILENO ? O_RDONLY : O_WRONLY, 0);
	return posix_spawn_file_actions_adddup2(files, from, to);
}

static int set_files(posix_spawn_file_actions_t *files, const struct spawn *s)
{
	int failure = set_file(files, s->out, STDOUT_FILENO);

	failure = failure ? failure : set_file(files, s->err, STDERR_FILENO);
	failure = failure ? failure : set_file(files, s->in, STDIN_FILENO);
#ifdef HAVE_POSIX_SPAWN_FILE_ACTIONS_ADDCLOSEFROM_NP
	/* libraries may have opened some without O_CLOEXEC */
	if (!failure)
		failure = posix_spawn_file_actions_addclosefrom_np(files, STDERR_FILENO + 1);
#endif
	return failure;
}

/* We ignore some signals, and block some at the end. */
static int set_attributes(posix_spawnattr_t *attributes, bool alone)
{
	short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
	sigset_t all, none;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_setsigdefault(attributes, &all);
	posix_spawnattr_setsigmask(attributes, &none);
	return posix_spawnattr_setflags(attributes, alone ? flags | POSIX_SPAWN_SETSID : flags);
}

/* posix_spawn() and not fork(), which would copy the tables of a large process and the locks of its
 * threads. */
int spawn_shell(pid_t *pid, const struct spawn *s)
{
	char *const argv[] = {(char *)"sh", (char *)"-c", (char *)s->command, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int failure = posix_spawn_file_actions_init(&files);

	if (failure)
		return failure;
	failure = posix_spawnattr_init(&attributes);
	if (!failure) {
		failure = set_files(&files, s);
		failure = failure ? failure : set_attributes(&attributes, s->alone);
		if (!failure)
			failure = posix_spawn(pid, "/bin/sh", &files, &attributes, argv,
				s->environment ? s->environment : environ);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&files);
	return failure;
}
