/* The client's side of a run that it started: its start, its last words and its end. */
#ifndef SLUICE_LAUNCH_FOLLOW_H
#define SLUICE_LAUNCH_FOLLOW_H

#include "launch/ending.h"
#include "launch/launch.h"

struct follow {
	struct launch *launch;
	struct ev_loop *loop; /* NULL until follow_begin() */
	ev_child child;
	ev_io words;
	ev_timer patience;
	bool over, late;
	int status; /* of waitpid(), once it is over */
};

/* Waits for the start, with the run's errors on the terminal. True: it has begun, and line has what
 * begun_write() wrote. False: it has ended without, with this exit code; after a signal this
 * process ends by the same one. */
bool follow_start(struct launch *l, struct buf *line, int *code);

/* From here on the loop, which must be the default one (libev's rule for children), notices the end
 * of the run. It does not keep the loop running. */
void follow_begin(struct follow *f, struct launch *l, struct ev_loop *loop);
/* Tells the run that its terminal is gone, unless it is over. */
void follow_hang_up(struct follow *f);
/* The screen is gone: prints what the run has said, and waits with the loop for its end while it
 * says more. seconds: at most so many; negative: as long as it takes. False: it goes on. */
bool follow_wait(struct follow *f, double seconds);
/* Stops watching. */
void follow_end(struct follow *f);

#endif
