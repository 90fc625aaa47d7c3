/* Starts shell commands as processes of their own. */
#ifndef SLUICE_BASE_SPAWN_H
#define SLUICE_BASE_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

/* In place of a descriptor: the command's is that of the process, or /dev/null. */
enum { SPAWN_OURS = -1, SPAWN_NONE = -2 };

struct spawn {
	const char *command;
	char *const *environment; /* NULL: that of the process */
	int in, out, err;         /* its standard descriptors; in and err are above 2 */
	bool alone; /* in a session, and process group, of its own: it has no terminal */
};

/* Starts `/bin/sh -c command` with no other descriptors than these, and with signals as a program
 * expects them. Returns an error number; 0: it runs, and *pid is its process. */
int spawn_shell(pid_t *pid, const struct spawn *s);

#endif
