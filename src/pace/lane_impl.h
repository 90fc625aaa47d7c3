/* What the files of a lane share; nobody else includes this. */
#ifndef SLUICE_PACE_LANE_IMPL_H
#define SLUICE_PACE_LANE_IMPL_H

#include "pace/bucket.h"
#include "pace/lane.h"
#include "pace/window.h"

enum { LANE_CHANGES = 16, LANE_FIXED_CONCURRENCY = 64 };

/* Until when nothing is sent, and who said so. */
struct hold {
	int64_t until_us; /* 0: none */
	char source[40];
};

struct lane {
	struct lane_config config;
	int in_flight;
	uint64_t seq; /* attempts started */
	struct bucket requests, tokens;
	struct window window;
	struct hold hold;
	double rpm, tpm;        /* in force; 0: off */
	int manual_concurrency; /* by option or by hand; 0: auto */
	double manual_rate;     /* attempts per second by hand; 0: auto */
	bool rpm_by_hand, tpm_by_hand, concurrency_by_hand;
	struct lane_change change[LANE_CHANGES];
	unsigned changes, first_change; /* ring: how many, where the oldest is */
};

/* Attempts that may be in flight now. */
int lane_concurrency(const struct lane *l);
/* Notes a change; the text is sanitised and cut. */
void lane_note(struct lane *l, int64_t now_us, const char *what, double before, double after,
	const char *reason);

#endif
