/* One run as a file of the registry describes it. */
#ifndef SLUICE_CONTROL_REGISTRY_ENTRY_H
#define SLUICE_CONTROL_REGISTRY_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json_writer.h"

enum { REGISTRY_API_VERSION = 1, REGISTRY_ENTRY_MAX = 64 << 10 /* bytes of its file */ };

#define REGISTRY_SERVICE "service"

/* Texts are owned; release them with registry_entry_free(). */
struct registry_entry {
	int64_t pid;
	char *name, *version;
	char *kind;            /* REGISTRY_SERVICE; NULL: a run */
	char *socket;          /* absolute */
	char *input, *results; /* absolute, a pipe is "-"; NULL: none; of a service its folder */
	int64_t api_version;   /* of the control socket */
	int64_t started;       /* unix seconds */

	/* Of a run that ended, as it said itself; "KILLED" with all else unknown (-1) if it did
	 * not. NULL while it goes on. */
	char *state;
	int64_t done, total, exit_code;
	int64_t ended; /* unix seconds */
};

/* Writes the entry as one JSON object; the members of the end only of one that ended. */
void registry_entry_write(const struct registry_entry *e, struct json_writer *w);
/* The same members without the braces, for those who add more. */
void registry_entry_members(const struct registry_entry *e, struct json_writer *w);
/* Reads what registry_entry_write() wrote; members that it does not know are skipped. False and
 * err, with *e empty, when it is not that: the text may be anything. */
bool registry_entry_read(const char *text, size_t len, struct registry_entry *e, struct error *err);
void registry_entry_free(struct registry_entry *e);

#endif
