/* What the process that started a run does when its screen is gone, and with the signals that it
 * gets: decisions alone. */
#ifndef SLUICE_LAUNCH_ENDING_H
#define SLUICE_LAUNCH_ENDING_H

#include <stdbool.h>

#include "base/buf.h"
#include "launch/begun.h"

/* DESIGN §3: a run that goes on, or can be resumed. */
enum { ENDING_GOES_ON = 3 };

/* How the screen was left. */
enum screen_end {
	SCREEN_LEFT,    /* by the operator: the run goes on */
	SCREEN_HUNG_UP, /* its terminal is gone */
	SCREEN_ENDED,   /* the run has ended, or is about to */
	SCREEN_LOST,    /* there was no connection any more, or never one */
};

enum then {
	THEN_WAIT,  /* for the end of the run's process, which then tells the exit code */
	THEN_LOOK,  /* the same for a moment: it is not known whether the run goes on */
	THEN_LEAVE, /* the run goes on alone */
};

/* What follows. drains: the terminal's death drains the run (--on-hangup drain). */
enum then ending_then(enum screen_end end, bool drains);

/* The exit code for a run whose process ended with this status of waitpid(): its own; 128 and the
 * signal, as shells count, for one that was killed. */
int ending_code(int status);
/* Adds the line that says so when a signal ended the run's process; else nothing. */
void ending_say_killed(int status, struct buf *out);
/* Adds the line for an operator who leaves a run that goes on: its pid, and how to come back. */
void ending_say_left(const struct begun *run, struct buf *out);

/* Where the client is when a signal comes; while its dashboard is open, that takes them itself. */
enum client_phase {
	CLIENT_STARTS, /* the dashboard is not open yet */
	CLIENT_WAITS,  /* for the last work of a run that has ended */
};

/* Is the signal handed on to the run? Else it has its usual effect. */
bool ending_passes_on(int signal, enum client_phase phase);

#endif
