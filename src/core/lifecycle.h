/* Pauses, stops and ends a run.
 *
 *    running <-> paused           by the operator, or after early errors in an interactive run
 *    running, paused -> draining  requests in flight finish, then the run is over; it can be
 * resumed any -> stopping              requests in flight are cancelled
 *
 * A run is over when no request is in flight, no record is unwritten, and it is complete, draining
 * or stopping. */
#ifndef SLUICE_CORE_LIFECYCLE_H
#define SLUICE_CORE_LIFECYCLE_H

#include <stdbool.h>
#include <stdint.h>

#include "words.h"

struct engine;

enum engine_mode { MODE_RUNNING, MODE_PAUSED, MODE_DRAINING, MODE_STOPPING };

struct lifecycle {
	enum engine_mode mode;
	bool retries_go_on; /* in a pause: only items that were never sent wait for its end */
	bool interactive;   /* an operator is there */
	bool left;          /* the operator has left, and may come back */
	bool stays;         /* a complete run waits for `quit` */
	enum run_question question; /* that the operator is asked, in a pause */
	int64_t answer_by_us;       /* a run that waits for somebody is drained then */
	bool quit_asked;
	bool exit_at_once;  /* after a third interrupt: waits for nothing */
	bool failed;        /* an error ended it: exit code 4 */
	bool input_refused; /* see engine_input_refused() */
	bool end_reported;  /* the event of the end was added */
	char note[512];     /* why the run stopped or is paused */
};

/* Changes the mode. why: shown to the operator; copied. */
void engine_stop(struct engine *e, enum engine_mode mode, const char *why);
/* Stops the run after an error (I/O): cancels the requests in flight. */
void engine_abort(struct engine *e, const char *why, int64_t wall_us);
/* Says whether an operator is there. In an interactive run, causes that stop a headless run pause
 * it. A paused run whose operator leaves is drained, as nobody could resume it. */
void engine_set_interactive(struct engine *e, bool interactive);
/* Says whether a complete run waits for `quit`, so that it can be looked at, and failed items be
 * retried. */
void engine_set_stays(struct engine *e, bool stays);
/* Adds an event: the process was suspended for so long. The clock of the run stood still. */
void engine_suspended(struct engine *e, int64_t suspended_us, int64_t wall_us);
/* To be called after anything that may end the run: stops the clock of the statistics and adds an
 * event for the end. */
void engine_note_end(struct engine *e);

/* Is the input as a whole wrong: has an item that ended in an earlier session another line now, or
 * does no endpoint take a line? Then the run stops; engine_note() says why. */
bool engine_input_refused(const struct engine *e);
/* Has the input ended without any item? */
bool engine_is_empty(const struct engine *e);
/* Why there is no good line so far: of the first one; NULL: there is a good one, or none at all. */
const char *engine_input_useless(const struct engine *e);
/* Does the operator hold every item that is left? */
bool engine_only_held_by_hand(const struct engine *e);
/* Has every item a final state, whose record is in the kernel? */
bool engine_complete(const struct engine *e);
/* May the loop end? No request is in flight, no record is unwritten, and the run is drained,
 * stopped, or complete (one that stays waits for `quit`). */
bool engine_over(const struct engine *e);
/* The exit code of `run`: 0 to 4; 2 when the input was of no use and nothing was sent. */
int engine_exit_code(const struct engine *e);
/* Why the run stopped or is paused; "": there is no reason. Valid until the mode changes. */
const char *engine_note(const struct engine *e);

#endif
