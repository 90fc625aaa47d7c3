/* The time of a run as one axis, in milliseconds: its sessions one after the other, each as long as
 * it ran by its own clock, and between two of them at most AXIS_GAP_MS. Records are taken in
 * their order; a wall clock that goes back, or a process that slept, bends no session. Pure. */
#ifndef SLUICE_PAST_AXIS_H
#define SLUICE_PAST_AXIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/journal_events.h"

enum {
	AXIS_GAP_MS = 2000,
	AXIS_SLACK_MS = 60000, /* a killed run may have ended items behind its last record */
};

/* Times on the axis: 49 days; what is later stands at its end. */
#define AXIS_MOST_MS INT64_C(4294967294)

struct axis_session {
	int64_t from_ms, length_ms; /* on the axis */
	uint64_t results_from;      /* its first byte of the results */
	bool stopped;               /* it wrote its end */
};

/* At this point of the axis the wall clock showed this; it goes on until the next one. */
struct axis_anchor {
	int64_t at_ms, wall_us;
};

struct axis {
	struct axis_session *session;
	size_t n, cap;
	struct axis_anchor *anchor;
	size_t anchors, anchors_cap;
	int64_t at_ms;     /* of the last record */
	int64_t wall_us;   /* of the last record that has a time */
	int64_t tick_ms;   /* of the last record that knows its session's time, since its start, */
	int64_t tick_wall; /* and what the wall clock showed then */
	uint32_t back;     /* how often the wall clock went back by a second or more */
	int64_t back_us;   /* the most that it did */
};

void axis_free(struct axis *t);
/* Takes the next record. wall_us: its time, 0 if it has none. since_ms: since the start of its
 * session, if it says so; -1: it does not. results: of a start record, the size of the results
 * then. Returns where the record stands on the axis. That of a record with since_ms may lie before
 * those of the records since the last such one: these were guessed by the wall clock, and stand no
 * later than it. */
int64_t axis_take(struct axis *t, enum journal_kind kind, int64_t wall_us, int64_t since_ms,
	uint64_t results);
/* Where something of a session (from 0) stands that happened so long after its start. Behind the
 * last record of the run it makes the axis longer, unless that record was a stop. */
int64_t axis_place(struct axis *t, size_t session, int64_t since_ms);
/* The session that made the line of results at this offset; named: the one that the line names,
 * from 1, else 0. */
size_t axis_session_of(const struct axis *t, uint64_t offset, int64_t named);
/* The session at a point of the axis, or the last one that began before it. There must be one. */
size_t axis_session_at(const struct axis *t, int64_t at_ms);
/* Does the point lie within its session, and not behind its end? */
bool axis_is_inside(const struct axis *t, int64_t at_ms);
int64_t axis_length_ms(const struct axis *t);
/* What the wall clock showed at a point of the axis. */
int64_t axis_wall_us(const struct axis *t, int64_t at_ms);
/* The first point at or after which the wall clock showed this; false: it was later than the end of
 * the run. */
bool axis_find(const struct axis *t, int64_t wall_us, int64_t *at_ms);

#endif
