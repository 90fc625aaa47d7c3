/* What plots over time are drawn of: the last minute or minutes by the second, or the whole run.
 * Read from the port once a second; a mean over each moment. */
#ifndef SLUICE_UI_TIMELINE_H
#define SLUICE_UI_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "port.h"

/* How much of the past is shown; the first is that of a dashboard that opens. */
enum zoom { ZOOM_5M, ZOOM_ALL, ZOOM_1M, ZOOM_COUNT };

/* One of the spans of time that a timeline has. */
struct moment {
	double ok, rate_limited, tokens; /* a second */
	double in_flight, concurrency;
	double latency_us; /* median; NAN: nothing was answered */
	uint32_t marks;    /* a bit 1 << enum mark for each */
};

struct timeline {
	enum zoom zoom;
	int n;          /* moments, newest last */
	int64_t newest; /* the newest one's number since the start, so that columns stay */
	int64_t span_s; /* of a moment */
	struct moment at[CHART_SLOTS];
	/* The chart, for latencies and for the whole run; the moments are its slots then. */
	struct chart_slot *slot; /* NULL: not read */
	int slots;
	int64_t slots_newest, slot_s;
	int64_t read_us, read_elapsed_us; /* when it was read */
	enum zoom read_zoom;
	uint64_t read_seconds; /* that it had */
	bool stale;            /* it has none of a second that has passed: it is on its way */
};

void timeline_free(struct timeline *t);
/* Takes the past as the snapshot and the port have it now. latencies: the slots of the chart are
 * wanted, if it is known. */
void timeline_refresh(
	struct timeline *t, const struct port *port, const struct snapshot *s, bool latencies);
/* How many moments there are at most, but of the whole run. */
int timeline_window(const struct timeline *t);
/* "1m", "5m", "all"; static. */
const char *timeline_zoom_name(enum zoom zoom);
/* Sets the zoom by its name, or the next one ("next"); false: it is no name. */
bool timeline_zoom(struct timeline *t, const char *name);

#endif
