#include "layout.h"

#include <string.h>

enum {
	FRAME_ROWS = 3,   /* header, ledger and keys */
	LIST_MIN = 3,     /* rule, heading, one item */
	TABLE_MIN = 3,    /* rule and two rows */
	LIST_CALM = 5,    /* rows of the list before other panels are shown */
	ROOMY = 20,       /* rows for list and events from which strips get more */
	PLOT_LEAVES = 14, /* rows for list and events that plots leave */
	PLOT_MORE = 5,
	CHART_ROWS = 5,    /* the least of a chart */
	LIST_HEAD = 2,     /* a list's title and heading */
	DETAILED_LIST = 7, /* the least of a list with details below it */
	ERROR_ROWS = 9,    /* of a kind of error, and of an event, in full */
	EVENT_ROWS = 4,
	BATCHES_LEAST = 7, /* rows of a service's batches beside other panels */
	BATCH_ROWS = 5,    /* of the selected one, with its title */
	CALLS_LEAST = 5,   /* of live calls */
	CALLS_MOST = 14,
	EVENTS_FROM = 12,  /* rows for batches and events from which there are more events */
	COACH_FROM = 9,    /* rows of a screen that has a line of coaching */
	COACH_COLS = 80,   /* its lines are written for that many columns */
	END_ROWS = 8,      /* of a run that is done, with its title */
	LEDGER_FROM = 7,   /* rows of a screen with one list that has the ledger */
	NOTICE_FROM = 5,   /* and a line of messages */
	PREVIEW_ROWS = 30, /* a screen of this size shows the selected item beside the list */
	PREVIEW_COLS = 160
};

/* Panels side by side: one strip of the screen. */
struct strip {
	int n, rows;
	int leaves; /* rows for list and events without which it is not shown */
	int more;   /* rows it may get on large screens */
	enum panel_id panel[4];
};

struct arrangement {
	int min_cols, n;
	struct strip strip[4];
};

#define CALM  (LIST_CALM + 1)
#define PLOTS PLOT_LEAVES, PLOT_MORE

static const struct arrangement arrangements[] = {
	{152, 2,
		{{4, 5, CALM, 2, {PANEL_RATE, PANEL_LATENCY, PANEL_ERRORS, PANEL_TOKENS}},
			{3, 9, PLOTS, {PANEL_PLOT_RATE, PANEL_PLOT_FLIGHT, PANEL_HISTOGRAM}}}},
	{108, 3,
		{{2, 5, CALM, 0, {PANEL_RATE, PANEL_LATENCY}},
			{2, 4, CALM, 2, {PANEL_ERRORS, PANEL_TOKENS}},
			{3, 9, PLOTS, {PANEL_PLOT_RATE, PANEL_PLOT_FLIGHT, PANEL_HISTOGRAM}}}},
	{76, 3,
		{{2, 5, CALM, 0, {PANEL_RATE, PANEL_LATENCY}},
			{2, 4, CALM, 2, {PANEL_ERRORS, PANEL_TOKENS}},
			{2, 9, PLOTS, {PANEL_PLOT_RATE, PANEL_PLOT_FLIGHT}}}},
	{0, 4,
		{{1, 5, CALM, 0, {PANEL_RATE}}, {1, 5, CALM, 0, {PANEL_LATENCY}},
			{1, 4, CALM, 2, {PANEL_ERRORS}}, {1, 4, CALM, 0, {PANEL_TOKENS}}}},
};

static void place_strip(struct layout *out, const struct strip *s, int row, int rows, int cols)
{
	int col = 0;

	for (int i = 0; i < s->n; i++) {
		int end = i + 1 == s->n ? cols : (i + 1) * cols / s->n - 1;

		out->at[s->panel[i]] = (struct rect){row, col, rows, end - col};
		col = end;
	}
}

/* How many strips fit above the list and a line of events, which get at least so many rows. */
static int strips_that_fit(const struct arrangement *a, int room, int least)
{
	int n = 0;

	while (n < a->n && room - a->strip[n].rows >= a->strip[n].leaves &&
		room - a->strip[n].rows >= least)
		room -= a->strip[n++].rows;
	return n;
}

static int clamp(int n, int low, int high)
{
	return n < low ? low : n > high ? high : n;
}

/* Rows for a table of n below its title where there is room; 0: none. */
static int table_rows(int n, int room)
{
	int rows = clamp(n + 1, 0, room - CALM);

	return n > 1 && rows >= TABLE_MIN ? rows : 0;
}

static void compute_main(int rows, int cols, const struct layout_wants *wants, struct layout *out)
{
	const struct arrangement *a = arrangements;
	int row = 0, room = rows - FRAME_ROWS, strips, events, endpoints;

	while (cols < a->min_cols)
		a++;
	out->at[PANEL_HEADER] = (struct rect){row++, 0, 1, cols};
	if (room > 0) {
		out->at[PANEL_PROGRESS] = (struct rect){row++, 0, 1, cols};
		room--;
	}
	out->at[PANEL_LEDGER] = (struct rect){row++, 0, 1, cols};
	endpoints = table_rows(wants->endpoints, room - a->strip[0].rows);
	room -= endpoints;
	strips = strips_that_fit(a, room, wants->end ? END_ROWS + 1 : 0);
	for (int i = 0; i < strips; i++)
		room -= a->strip[i].rows;
	for (int i = 0; i < strips; i++) {
		int more = room > ROOMY ? clamp(room - ROOMY, 0, a->strip[i].more) : 0;

		place_strip(out, &a->strip[i], row, a->strip[i].rows + more, cols);
		row += a->strip[i].rows + more;
		room -= more;
		if (!i && endpoints) {
			out->at[PANEL_ENDPOINTS] = (struct rect){row, 0, endpoints, cols};
			row += endpoints;
		}
	}
	events = room > LIST_MIN ? clamp(room / 5, 1, 12) : clamp(room, 0, 1);
	if (room - events >= LIST_MIN) {
		out->at[wants->end ? PANEL_END : PANEL_ACTIVE] =
			(struct rect){row, 0, room - events, cols};
		row += room - events;
	} else {
		events = room;
	}
	out->at[PANEL_EVENTS] = (struct rect){row, 0, events, cols};
}

/* The rows of a screen between its header and ledger, and its line of messages. */
static struct rect frame(int rows, int cols, struct layout *out)
{
	struct rect inner = {1, 0, rows - 2, cols};

	out->at[PANEL_HEADER] = (struct rect){0, 0, 1, cols};
	if (rows >= LEDGER_FROM) {
		out->at[PANEL_LEDGER] = (struct rect){inner.row++, 0, 1, cols};
		inner.rows--;
	}
	if (rows >= NOTICE_FROM)
		out->at[PANEL_EVENTS] = (struct rect){inner.row + --inner.rows, 0, 1, cols};
	return inner;
}

/* A screen that is one list or text, beside which there may be room for a preview. */
static void compute_single(enum panel_id list, int rows, int cols, struct layout *out)
{
	bool preview = list == PANEL_ITEMS && rows >= PREVIEW_ROWS && cols >= PREVIEW_COLS;
	struct rect inner = frame(rows, cols, out);

	out->at[list] = inner;
	if (!preview)
		return;
	out->at[list].cols = cols / 2;
	out->at[PANEL_PREVIEW] = (struct rect){inner.row, cols / 2, inner.rows, cols - cols / 2};
}

/* A list above what it says of its selected row in full, which gets so many rows of a large screen,
 * and whatever the list, of so many rows, leaves. */
static void compute_detailed(enum panel_id list, enum panel_id detail, int listed, int wanted,
	int rows, int cols, struct layout *out)
{
	struct rect inner = frame(rows, cols, out);
	int most = inner.rows - wanted, own = clamp(listed + LIST_HEAD, DETAILED_LIST, most);

	out->at[list] = inner;
	if (most < DETAILED_LIST)
		return;
	out->at[list].rows = own;
	out->at[detail] = (struct rect){inner.row + own, 0, inner.rows - own, cols};
}

/* The charts that there is room for, latencies first, which get the most of it and stand last. */
static void compute_charts(int rows, int cols, struct layout *out)
{
	static const enum panel_id charts[] = {
		PANEL_PLOT_RATE, PANEL_PLOT_FLIGHT, PANEL_PLOT_TOKENS};
	enum { CHARTS = sizeof(charts) / sizeof(charts[0]) };
	struct rect inner = frame(rows, cols, out);
	int above = clamp(inner.rows / CHART_ROWS - 2, 0, CHARTS);
	int share = inner.rows / (above + 2);

	for (int i = 0; i < above; i++) {
		out->at[charts[i]] = (struct rect){inner.row, 0, share, cols};
		inner.row += share;
		inner.rows -= share;
	}
	out->at[PANEL_HEAT] = inner;
}

/* The batches of a service get the most of it. Below them, where there is room, what is to say of
 * the selected one, live calls, and the latest events. */
static void compute_batches(int rows, int cols, struct layout *out)
{
	struct rect inner = frame(rows, cols, out);
	int batch = inner.rows >= BATCHES_LEAST + BATCH_ROWS ? BATCH_ROWS : 0;
	int left = inner.rows - batch - BATCHES_LEAST;
	int calls = left >= CALLS_LEAST ? clamp(left / 2, CALLS_LEAST, CALLS_MOST) : 0;
	int events = left - calls >= EVENTS_FROM ? clamp(left / 5, 4, 8) : 0;

	out->at[PANEL_BATCHES] = inner;
	out->at[PANEL_BATCHES].rows -= batch + calls + events;
	inner.row += out->at[PANEL_BATCHES].rows;
	if (batch)
		out->at[PANEL_BATCH] = (struct rect){inner.row, 0, batch, cols};
	inner.row += batch;
	if (calls)
		out->at[PANEL_CALLS] = (struct rect){inner.row, 0, calls, cols};
	/* together with the line for messages */
	out->at[PANEL_EVENTS].row -= events;
	out->at[PANEL_EVENTS].rows += events;
}

void layout_compute(enum screen screen, int rows, int cols, const struct layout_wants *wants,
	struct layout *out)
{
	static const enum panel_id lists[] = {[SCREEN_ITEMS] = PANEL_ITEMS,
		[SCREEN_USAGE] = PANEL_USAGE,
		[SCREEN_INSPECTOR] = PANEL_INSPECTOR,
		[SCREEN_CALLS] = PANEL_CALLS};

	bool coach = wants->coach && rows >= COACH_FROM && cols >= COACH_COLS;
	int bar = rows - wants->bar - coach >= FRAME_ROWS ? wants->bar : 0;

	memset(out, 0, sizeof(*out));
	if (rows < FRAME_ROWS || cols < 30) {
		out->at[PANEL_TINY] = (struct rect){0, 0, clamp(rows, 1, 2), clamp(cols, 1, cols)};
		return;
	}
	if (coach)
		out->at[PANEL_COACH] = (struct rect){rows - 2, 0, 1, cols};
	out->at[PANEL_KEYS] = (struct rect){rows - 1, 0, 1, cols};
	rows -= coach + bar;
	if (bar)
		out->at[PANEL_TIMEBAR] = (struct rect){rows - 1, 0, bar, cols};
	if (screen == SCREEN_MAIN)
		compute_main(rows, cols, wants, out);
	else if (screen == SCREEN_BATCHES)
		compute_batches(rows, cols, out);
	else if (screen == SCREEN_CHARTS)
		compute_charts(rows, cols, out);
	else if (screen == SCREEN_ERRORS)
		compute_detailed(PANEL_GROUPS, PANEL_ERROR_DETAIL, wants->groups, ERROR_ROWS, rows,
			cols, out);
	else if (screen == SCREEN_LOG)
		compute_detailed(PANEL_LOG, PANEL_EVENT_DETAIL, rows, EVENT_ROWS, rows, cols, out);
	else
		compute_single(lists[screen], rows, cols, out);
}

struct rect layout_centre(int rows, int cols, int want_rows, int want_cols)
{
	struct rect r = {0, 0, clamp(want_rows, 1, rows), clamp(want_cols, 1, cols)};

	r.row = (rows - r.rows) / 2;
	r.col = (cols - r.cols) / 2;
	return r;
}
