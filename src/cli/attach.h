/* `sluice attach [RUN]`: which run is meant, and what is said when its dashboard is left. */
#ifndef SLUICE_CLI_ATTACH_H
#define SLUICE_CLI_ATTACH_H

#include <stdint.h>

#include "base/error.h"
#include "remote/attach.h"

enum attach_found {
	ATTACH_FOUND,       /* a run that goes on */
	ATTACH_FOUND_ENDED, /* one that ended lately: its files are shown */
	ATTACH_CHOSEN_NONE, /* the operator left the list */
	ATTACH_MISSING,     /* err: there is no such run */
	ATTACH_AMBIGUOUS,   /* err: several are meant, or the runs cannot be read */
};

/* Texts are owned. */
struct attach_target {
	char *name, *socket; /* socket NULL: it has ended */
	char *results;       /* absolute path; NULL: not known */
	int64_t pid;         /* 0: not known */
	bool is_batch;       /* of a service */
	bool is_service;
};

/* what: pid, name or path; NULL: the only run that goes on. Of several, the operator chooses from a
 * list on the terminal, with those that ended lately. Free the target in any case. */
enum attach_found attach_find(const char *what, struct attach_target *out, struct error *err);
void attach_target_free(struct attach_target *t);

/* Says on stderr, after the screen, that the run goes on, how to come back, and what could end it
 * here. Nothing for a run that has ended. */
void attach_say_left(const struct attach_target *t, enum attach_end end);

#endif
