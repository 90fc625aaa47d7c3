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

#endif
