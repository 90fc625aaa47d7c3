/* How a run pauses, stops and ends.
 *
 *   running <-> paused          the operator; early errors of an interactive run
 *   running, paused -> draining what is in flight finishes, then the run is over; resumable
 *   any -> stopping             what is in flight is cut off
 *
 * A run is over when nothing is in flight or to be written and it is complete, draining or
 * stopping. */
#ifndef SLUICE_CORE_LIFECYCLE_H
#define SLUICE_CORE_LIFECYCLE_H

#include <stdbool.h>
#include <stdint.h>

struct engine;

enum engine_mode { MODE_RUNNING, MODE_PAUSED, MODE_DRAINING, MODE_STOPPING };

struct lifecycle {
	enum engine_mode mode;
	bool retries_go_on; /* of a pause: only items that were never sent wait for its end */
	bool interactive;   /* somebody can answer */
	bool quit_asked;
	bool exit_at_once;  /* a third interrupt: do not wait for anything */
	bool failed;        /* ended by an error: exit 4 */
	bool input_changed; /* see engine_input_changed() */
	bool end_reported;
	char note[200]; /* why the run stopped or pauses */
};

/* Changes the mode; why: for people, copied. */
void engine_stop(struct engine *e, enum engine_mode mode, const char *why);
/* Stops for good (an I/O error): cancels what is in flight. */
void engine_abort(struct engine *e, const char *why, int64_t wall_us);
/* Somebody can answer: what would stop a headless run pauses this one, and an end with failures
 * waits for `quit`. Nobody any more: a paused run is drained, since it would stay so for ever. */
void engine_set_interactive(struct engine *e, bool interactive);
/* Tells the operator that the process was suspended; the clock of the run stood meanwhile. */
void engine_suspended(struct engine *e, int64_t suspended_us, int64_t wall_us);
/* To be called behind what may have ended the run: statistics stand still, and the end is an event.
 */
void engine_note_end(struct engine *e);

/* An item that has ended stands in the input with another line than it ended with: the run stops,
 * engine_note() says why. */
bool engine_input_changed(const struct engine *e);
/* The input has ended and had no items. */
bool engine_is_empty(const struct engine *e);
/* Is all that is left held by the operator's hand? */
bool engine_only_held_by_hand(const struct engine *e);
/* Every item has a final state that is in the kernel. */
bool engine_complete(const struct engine *e);
/* Nothing is in flight or to be written, and the run is complete (and nobody stays to look at its
 * failures), drained or stopped: the loop may end. */
bool engine_over(const struct engine *e);
/* The exit code of `run`: 0, 1, 3 or 4. */
int engine_exit_code(const struct engine *e);
/* Why the run stopped or pauses; "": no reason. */
const char *engine_note(const struct engine *e);

#endif
