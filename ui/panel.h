/* A panel: a part of the screen with its own rectangle. Values and drawing are apart: recalculating
 * turns the view's snapshot into lines of marked text at the precision people read; a panel is
 * dirty, and drawn, only when one of its lines became another. */
#ifndef SLUICE_UI_PANEL_H
#define SLUICE_UI_PANEL_H

#include "layout.h"

struct view;
struct panel;

enum { PANEL_LINE = 2048, PANEL_KEEP = 8 };

struct panel_line {
	char text[PANEL_LINE];
};

struct panel_ops {
	/* Fills p->line[0..p->at.rows), which are empty. Draws nothing. */
	void (*recalculate)(struct panel *p, const struct view *v);
	/* Paints the panel's lines into its rectangle. */
	void (*draw)(const struct panel *p, struct canvas *c);
	/* Takes a command of the screen it is the heart of ("scroll", "+1"; ...); false when it is
	 * not for this panel or the arguments are wrong. NULL: takes none. */
	bool (*command)(struct panel *p, struct view *v, const char *name, const char *args);
};

struct panel {
	const struct panel_ops *ops;
	struct rect at;
	struct panel_line *line, *before;
	int keep[PANEL_KEEP]; /* the panel's own memory: widths that only grow, places */
	bool dirty;
};

/* Gives the panel its place; all it held is forgotten and it is dirty. */
void panel_place(struct panel *p, struct rect at);
/* Recalculates and sets dirty when that changed anything. Returns whether it is dirty. */
bool panel_recalculate(struct panel *p, const struct view *v);
void panel_free(struct panel *p);

/* Formats line i; text outside of the panel is omitted. */
void panel_line(struct panel *p, int i, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Text in as many lines as it needs, wrapped at blanks, the first behind a lead of so many cells,
 * the others below it; role: R_…. Returns the line after it. */
int panel_wrap(struct panel *p, int i, const char *lead, int lead_cells, const char *role,
	const char *text);
/* Makes line 0 a rule with a title and a note at its end ("" for none). */
void panel_title(struct panel *p, const char *title, const char *note);
/* The lines as they are. */
void panel_draw_plain(const struct panel *p, struct canvas *c);
/* Line 0 as the text of a rule above; a vertical line on the left unless the panel starts the row.
 */
void panel_draw_framed(const struct panel *p, struct canvas *c);
/* A box with the lines in it. */
void panel_draw_boxed(const struct panel *p, struct canvas *c);

extern const struct panel_ops header_panel, progress_panel, ledger_panel, rate_panel, latency_panel,
	errors_panel, tokens_panel, active_panel, events_panel, keys_panel, tiny_panel,
	endpoints_panel, items_panel, groups_panel, log_panel, inspector_panel, preview_panel,
	help_panel, quit_panel, ask_panel, prompt_panel, plot_rate_panel, plot_flight_panel,
	histogram_panel, end_panel, budget_panel, heat_panel, plot_tokens_panel, usage_panel,
	error_detail_panel, event_detail_panel, coach_panel, timebar_panel, batches_panel,
	batch_panel, calls_panel;

#endif
