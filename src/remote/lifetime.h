/* What ends a run on this system though nobody asks for it: the end of a login, or of a container.
 */
#ifndef SLUICE_REMOTE_LIFETIME_H
#define SLUICE_REMOTE_LIFETIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Where a process runs, as far as it matters here. */
struct lifetime {
	bool in_session;  /* in the scope of a login: /proc/PID/cgroup */
	bool login_kills; /* logind ends what a login leaves: KillUserProcesses=yes */
	bool contained;   /* in a container, which ends with its first process */
};

/* Adds a line that says what would end the run, and how the next one is safe. False: nothing. Pure.
 */
bool lifetime_words(const struct lifetime *l, struct buf *out);
/* The last value of KillUserProcesses in the text of a logind.conf: 1 yes, 0 no, -1 it has none.
 * Pure. */
int lifetime_setting(const char *text);
/* Is a process of this cgroup file in a login's scope? Pure. */
bool lifetime_in_session(const char *cgroup);

/* Looks at the process and the system. Adds as lifetime_words(). */
bool lifetime_note(int64_t pid, struct buf *out);

#endif
