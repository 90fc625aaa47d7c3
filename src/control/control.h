/* The control of a run, through which every watcher reads and steers it. It owns the state of the
 * watchers (the queries of their lists, a command on many items, the texts of an item), makes the
 * ports and has the table of commands. The engine does not know it. */
#ifndef SLUICE_CONTROL_CONTROL_H
#define SLUICE_CONTROL_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "port.h"

struct control;
struct engine;

struct control_config {
	bool read_only;               /* commands through the port are refused */
	const char *input;            /* path of the input, which no command writes over; NULL */
	const char *results;          /* path of the results; NULL: none */
	int64_t (*now_us)(void *ctx); /* of the run, as now_us everywhere */
	int64_t (*wall_us)(void *ctx);
	void *ctx; /* of the clocks */
};

/* The engine is borrowed and must outlive it. */
struct control *control_new(struct engine *e, const struct control_config *config);
void control_free(struct control *c);
/* For the run's own dashboard; valid as long as the control. */
struct port control_port(struct control *c);
/* For clients elsewhere: no call takes longer than some 3 ms. */
struct port control_far_port(struct control *c);

/* Continues a command on many items, before the engine's turn. Returns the time of the next call:
 * now_us, or NEVER_US when no command is left. */
int64_t control_turn(struct control *c, int64_t now_us, int64_t wall_us);
/* The run is over: what is being written is written to its end now. */
void control_end(struct control *c);
/* Are there items to scan, for an open list or for failures of an earlier session? Then
 * control_background() scans for some 3 ms; to be called in idle moments. */
bool control_has_background(const struct control *c);
void control_background(struct control *c);
/* The states of many items are others now: open lists are scanned anew. */
void control_items_moved(struct control *c);
/* About ten times a second: keeps an open list up to date. */
void control_tick(struct control *c, int64_t now_us);

/* The commands `interrupt` and `drain` as a signal asks for them: allowed also to a read-only run.
 */
void control_interrupt(struct control *c);
void control_drain(struct control *c);

#endif
