/* Progress as plain lines, for logs and dumb terminals. */
#ifndef SLUICE_UI_PLAIN_H
#define SLUICE_UI_PLAIN_H

#include <stdint.h>

#include "base/lines.h"
#include "port.h"

enum { PLAIN_LINE = 512, PLAIN_GROUPS = 255 };

/* A status line at least this far apart. */
#define PLAIN_EVERY_US INT64_C(5000000)

struct plain {
	const struct port *port;
	struct lines *lines;
	int64_t next_us;                 /* when the next status line is due */
	uint64_t seen;                   /* newest event shown */
	enum run_state state;            /* a change of it is a line too */
	uint64_t told[PLAIN_GROUPS + 1]; /* attempts of an error group when it was shown, by id */
};

/* One status line: state, share, the ledger, rate and ETA. */
void plain_status(const struct snapshot *s, char *out, size_t size);
/* Looks at the run: new warnings and errors as lines; when it is due, a status line, with the
 * errors that are new or have become many. */
void plain_refresh(struct plain *p);
/* The last status line. */
void plain_finish(struct plain *p);

#endif
