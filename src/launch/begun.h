/* What is told of a run that has begun: to the client that started it, and by --detach to whoever
 * reads its output. One line of JSON. */
#ifndef SLUICE_LAUNCH_BEGUN_H
#define SLUICE_LAUNCH_BEGUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { BEGUN_MAX = 64 << 10 };

struct begun {
	int64_t pid;
	char *name;   /* by which others know it; NULL: they do not */
	char *socket; /* absolute path of its control socket; NULL: none */
};

/* {"name":…,"pid":…,"socket":…,"attach":"sluice attach …"} and a newline; null for what there is
 * none of. */
void begun_write(const struct begun *b, struct buf *out);
/* Reads such a line into owned strings; false: it is none. begun_free() in any case. */
bool begun_read(const char *line, size_t len, struct begun *out);
void begun_free(struct begun *b);

/* Adds the command that shows the run: "sluice attach in". Nothing for one without a socket. */
void begun_attach(const struct begun *b, struct buf *out);

#endif
