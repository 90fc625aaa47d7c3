/* The control of a run: whoever watches and steers it comes through here. It owns what is the
 * watcher's (the query of the lists, a command on many items, what is read of an item), makes the
 * port and holds the table of commands. The engine knows nothing of it. */
#ifndef SLUICE_CONTROL_CONTROL_H
#define SLUICE_CONTROL_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "port.h"

struct control;
struct engine;

struct control_config {
	bool read_only; /* commands through the port are refused */
	int64_t (*now_us)(void *ctx); /* of the run, as now_us everywhere */
	int64_t (*wall_us)(void *ctx);
	void *ctx; /* of the clocks */
};

/* The engine is borrowed and must outlive it. */
struct control *control_new(struct engine *e, const struct control_config *config);
void control_free(struct control *c);
/* For dashboards; valid as long as the control. */
struct port control_port(struct control *c);

/* Goes on with a command on many items, in front of the engine's turn. Returns when it wants to be
 * called again: now_us, or NEVER_US when there is nothing left of one. */
int64_t control_turn(struct control *c, int64_t now_us, int64_t wall_us);
/* Is there something to look through, for an open list or what failed in an earlier session? Then
 * control_background() does some 3 ms of it; to be called in idle moments. */
bool control_has_background(const struct control *c);
void control_background(struct control *c);
/* About ten times a second: keeps an open list up to date. */
void control_tick(struct control *c, int64_t now_us);

/* The commands `interrupt` and `drain` as a signal asks for them: allowed also to a read-only run.
 */
void control_interrupt(struct control *c);
void control_drain(struct control *c);

#endif
