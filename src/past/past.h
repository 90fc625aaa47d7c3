/* A run as its files show it, for dashboards: finished, interrupted, killed, or going on elsewhere.
 * An engine is restored from the ledger as for a resume, without endpoints, lock or a written byte,
 * behind the ordinary control; what only the run itself knew, such as rates and the state, comes
 * from the records of the journal. */
#ifndef SLUICE_PAST_PAST_H
#define SLUICE_PAST_PAST_H

#include <ev.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "port.h"

struct past;

/* Opens the run of these results and reads its files. input: where the input is; NULL: where it
 * was, or beside the results. NULL and err when there are no such results (*missing is true then)
 * or when a file is not of sluice or cannot be read. */
struct past *past_open(struct ev_loop *loop, const char *results, const char *input, bool *missing,
	struct error *err);
/* The same, to be played again: its port is that of a moment of the run, at first that of `at`, see
 * replay_time(); NULL: of the start, from where it plays. Its commands are those of
 * replay_commands. */
struct past *past_open_replay(struct ev_loop *loop, const char *results, const char *input,
	const char *at, bool *missing, struct error *err);
void past_free(struct past *p);
/* The port; valid as long as the past. Its commands are `go on`, `retry failed`, `write` and those
 * that leave: they break the loop. */
struct port past_port(struct past *p);
/* The dashboard of the run looks back: the run continues in this process, and is a key away. */
void past_goes_on(struct past *p);
/* Reads all that a long input may have left. */
void past_read(struct past *p);
/* Reads it in idle moments, and keeps lists up to date. */
void past_watch(struct past *p);
/* The operator leaves. */
void past_leave(struct past *p);
/* After the loop: the words of the command that the operator chose to run, NULL-terminated, and in
 * *folder where to run it (NULL: here). NULL: none. Borrowed. */
char **past_next(const struct past *p, const char **folder);
/* Appends the words as a shell would take them, to be run in the folder. */
void past_command_text(char **words, const char *folder, struct buf *out);

#endif
