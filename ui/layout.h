/* Which panels are shown where: a pure function of the terminal's size. */
#ifndef SLUICE_UI_LAYOUT_H
#define SLUICE_UI_LAYOUT_H

#include "canvas.h"

enum panel_id {
	PANEL_HEADER,
	PANEL_PROGRESS,
	PANEL_LEDGER,
	PANEL_RATE,
	PANEL_LATENCY,
	PANEL_ERRORS,
	PANEL_TOKENS,
	PANEL_ACTIVE,
	PANEL_EVENTS,
	PANEL_KEYS,
	PANEL_TINY,      /* instead of all others when there is no room for them */
	PANEL_ENDPOINTS, /* of runs with several */
	PANEL_END,       /* of a run that is done, in place of the active items */
	PANEL_TIMEBAR,   /* of a replay, above the keys */
	/* of large screens */
	PANEL_PLOT_RATE,
	PANEL_PLOT_FLIGHT,
	PANEL_HISTOGRAM,
	PANEL_HEAT,
	PANEL_PLOT_TOKENS,
	PANEL_USAGE,
	PANEL_ERROR_DETAIL,
	PANEL_EVENT_DETAIL,
	PANEL_COACH, /* above the keys of any screen that has room */
	/* of the other screens */
	PANEL_ITEMS,
	PANEL_PREVIEW, /* of the selected item */
	PANEL_GROUPS,
	PANEL_LOG,
	PANEL_INSPECTOR,
	/* of a service */
	PANEL_BATCHES,
	PANEL_BATCH, /* the selected one */
	PANEL_CALLS,
	PANEL_COUNT
};

enum screen {
	SCREEN_MAIN,
	SCREEN_ITEMS,
	SCREEN_ERRORS,
	SCREEN_LOG,
	SCREEN_CHARTS,
	SCREEN_USAGE,
	SCREEN_INSPECTOR,
	SCREEN_BATCHES, /* of a service, in place of the main screen */
	SCREEN_CALLS,
	SCREEN_COUNT
};

struct layout {
	struct rect at[PANEL_COUNT]; /* rows 0: not shown */
};

/* The parts of screens that only some runs need. */
struct layout_wants {
	int endpoints; /* rows of them, or of stages; 0 or 1: no panel of them */
	bool end;      /* the run is done */
	int bar;       /* rows of the time bar; 0: there is none. On every screen */
	int groups;    /* of errors, on their screen */
	bool coach;    /* there is a line of coaching */
};

/* Lays out any size, even 1x1; rectangles lie inside and do not overlap. On the main screen, with
 * less room panels are dropped in this order: plots, endpoints, tokens and errors, latency and
 * rate, the list of items, events, the progress bar. Panels are side by side from 76 columns on,
 * four abreast from 152. The charts are as many plots as fit, one above the other, so that a moment
 * is at the same column in each. The other screens are one list or text under header and ledger,
 * above a line for messages and the keys; the ledger is dropped first, then messages. */
void layout_compute(enum screen screen, int rows, int cols, const struct layout_wants *wants,
	struct layout *out);
/* A rectangle of the wanted size in the middle of the screen, cut where the screen is smaller. */
struct rect layout_centre(int rows, int cols, int want_rows, int want_cols);

#endif
