/* Does the server limit the number in flight? When all refused requests had N or more others in
 * flight and the accepted ones had fewer, the server takes N at once. Private to the controller,
 * see auto.h. */
#ifndef SLUICE_PACE_AUTO_NUMBER_H
#define SLUICE_PACE_AUTO_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "pace/lane.h"

enum {
	AUTO_MOMENTS = 8,
	AUTO_IN_AIR = 16,
	AUTO_HALVES = 96,
};

/* Of the requests sent in one half second and accepted: the most others in flight, and the highest
 * rate. Packed: there are many. */
struct auto_half {
	uint16_t turn; /* the round of the ring it belongs to; 0: none */
	uint16_t in_flight;
	uint16_t rate; /* logarithm, see pack_rate() */
};

/* The number in flight that the server takes. */
struct auto_number {
	double limit; /* 0: none is known */
	double best;  /* the largest ever */
	bool fresh;   /* found just now: lost throughput may still disprove it */
	double fresh_per_s, fresh_accepted; /* rate and weight accepted when it was found */
	int64_t fresh_us;                   /* when it was found */
	int wrong, downs;                   /* cuts in a row that were wrong; cuts */
	double down;                        /* the number after its last cut */
	/* Refusals side by side below the number, and requests accepted with as many in flight. */
	int low, low_accepted;
	double low_in_flight;
	uint64_t low_seq;
	int64_t low_us;
	int64_t try_us; /* when to try a larger number, by step */
	double try_wait_s, step;
	uint64_t try_seq;
	int64_t clear_us; /* no number is searched for until then */
	double clear_s;
	struct {
		int64_t at_us;
		double in_flight, rate; /* the least of that moment */
	} moment[AUTO_MOMENTS];         /* of refusals; a ring */
	unsigned first_moment, moments;
	/* The last refused requests: when each was sent and how long it took. */
	int64_t air_sent_us[AUTO_IN_AIR];
	uint32_t air_trip_us[AUTO_IN_AIR];
	unsigned next_air;
	struct auto_half half[AUTO_HALVES];
};

/* Forgets the number and what was tried; keeps what was seen of refused and accepted requests. */
void auto_number_forget(struct auto_number *n);
/* Notes a refusal; true when the number in flight explains it. */
bool auto_number_refused(struct lane *l, int64_t now_us, const struct lane_ticket *t);
/* Notes an accepted request; true when no refused one was in flight when it was sent. */
bool auto_number_accepted(struct lane *l, const struct lane_ticket *t);
/* In WINDOW_LIMIT: a request succeeded. clean: as auto_number_accepted() returned. */
void auto_number_success(struct lane *l, int64_t now_us, const struct lane_ticket *t, bool clean);
/* In WINDOW_LIMIT: tries a larger number when it is time, and drops a number that cost throughput.
 */
void auto_number_tick(struct lane *l, int64_t now_us);

#endif
