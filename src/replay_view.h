/* Where a replay of a run stands, as the port shows it. */
#ifndef SLUICE_REPLAY_VIEW_H
#define SLUICE_REPLAY_VIEW_H

#include <stdbool.h>
#include <stdint.h>

/* What a mark is about: refusals by a rate limit; a hold or an open circuit breaker; a limit that
 * the pace or the server changed; an act of the operator; the first error of its kind. */
enum replay_mark {
	REPLAY_REFUSED,
	REPLAY_HOLD,
	REPLAY_LIMIT,
	REPLAY_OPERATOR,
	REPLAY_ERROR,
	REPLAY_MARKS
};

/* Equal parts of the run's time: as many as the widest bar has cells. */
enum { REPLAY_PARTS = 240 };

struct replay_view {
	bool on; /* the port is a replay: the snapshot is that of a moment */
	bool playing;
	bool reading;               /* items are not known yet, only what the journal tells */
	int speed;                  /* 1 to 1000 */
	int64_t at_us, length_us;   /* of the run's time: sessions one after the other */
	int session, sessions;      /* from 1 */
	unsigned here;              /* a bit 1 << enum replay_mark for each mark at this moment */
	uint8_t mark[REPLAY_PARTS]; /* the same for each part */
};

struct port;
struct error;

/* What came of a question for a run's past. */
enum replay_answer { REPLAY_LATER, REPLAY_READY, REPLAY_FAILED };

/* Where the dashboard of a run that goes on gets the run's past from: a port that is a replay and
 * obeys no command of a run. */
struct replay_source {
	/* Begins to read the files; results: as the snapshot names them. NULL: there is no past. */
	void (*ask)(void *ctx, const char *results);
	/* After ask(): is it there? The port is valid until close(). REPLAY_FAILED: err says why.
	 */
	enum replay_answer (*answer)(void *ctx, struct port *out, struct error *err);
	/* It is not looked at any more, or not wanted any more. */
	void (*close)(void *ctx);
	void *ctx;
};

#endif
