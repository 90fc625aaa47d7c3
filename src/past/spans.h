/* The attempts and ends of all items of a run, by time: 20 bytes each. They bring the table of
 * items and the error groups to the state of any moment. Forward costs what happened in between;
 * backward begins anew, 0.1 s for a million items at most. Pure. */
#ifndef SLUICE_PAST_SPANS_H
#define SLUICE_PAST_SPANS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/histogram.h"
#include "base/idmap.h"
#include "core/error_groups.h"
#include "core/items.h"
#include "past/axis.h"

enum span_kind { SPAN_TRY, SPAN_END, SPAN_REQUEUED };

struct span {
	uint32_t at_ms; /* when it ended, on the axis */
	uint32_t item;  /* ITEM_NONE: of no line that is known. Until they are settled the lower
			   half of the key */
	uint32_t place_low;
	uint32_t place_high : 8; /* of the record in journal or results (an end that is ok) */
	uint32_t kind : 2;
	uint32_t flight : 22; /* how long it was in flight: see spans_flight_us() */
	uint32_t info; /* of a try: its error group, and the wait behind it; of an end: its state,
			  outcome, status and attempts */
};

/* One of them, as it is added. */
struct span_told {
	enum span_kind kind;
	uint64_t key; /* of its item in the map of ids */
	uint64_t place;
	int64_t at_ms;
	int64_t flight_us; /* -1: not known */
	int64_t wait_us;   /* of a try */
	uint8_t group;
	enum item_state state; /* of an end */
	enum outcome outcome;
	int status, attempts;
};

struct spans {
	struct span *at;
	uint32_t *key; /* the upper half, until they are settled */
	uint32_t n, cap, settled;
	int64_t longest_flight_ms, longest_wait_ms;
	/* the moment: */
	int64_t now_ms;
	uint32_t pos;           /* so many have happened */
	uint32_t tries;         /* of them, failed attempts */
	uint32_t last_try[256]; /* of each group that has tried any */
	uint8_t bad_lines; /* the error group of lines that were no requests; 0: there is none */
	uint32_t *flying, *waiting; /* spans whose items are in flight, oldest first; or wait, by
				       due time */
	uint32_t n_flying, n_waiting, flying_cap, waiting_cap;
	struct histogram latency;         /* of ends that were ok */
	uint64_t failures[OUTCOME_COUNT]; /* of failed items, by their last outcome */
	uint64_t asked;                   /* items that took an attempt and were not cancelled */
};

/* What a moment is applied to. */
struct spans_target {
	struct items *items;
	struct error_groups *groups;
	const struct axis *axis;
};

void spans_free(struct spans *s);
void spans_add(struct spans *s, const struct span_told *told);
/* Those since the last call stand no later than this. */
void spans_limit(struct spans *s, int64_t at_ms);
/* All are added, and the map has the items of all keys: orders them. by_id values from n_items on
 * are of no item. */
void spans_settle(
	struct spans *s, const struct idmap *by_id, uint32_t n_items, const struct axis *axis);
/* Brings the target to a moment. True: something changed. */
bool spans_move(struct spans *s, const struct spans_target *target, int64_t at_ms);

/* How long it was in flight, to four digits; -1: not known. */
int64_t spans_flight_us(const struct span *span);
int64_t spans_wait_ms(const struct span *span);
/* Is it the end of a line that was no request? No attempt has a group for it. */
bool spans_is_bad_line(const struct span *span);
uint64_t spans_place(const struct span *span);
/* The last n failed attempts that have happened, of one item or (ITEM_NONE) of all, oldest first;
 * returns how many. */
uint32_t spans_tries(const struct spans *s, uint32_t item, uint32_t *out, uint32_t n);
/* The span of an item that is in flight or waits; NULL. */
const struct span *spans_active(const struct spans *s, uint32_t item);

#endif
