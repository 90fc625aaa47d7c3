/* The dashboard without a terminal: its state, its drawing on a canvas, and the effects of keys and
 * commands. Owns no clock and no loop, so tests drive it with a stand-in port. */
#ifndef SLUICE_UI_VIEW_H
#define SLUICE_UI_VIEW_H

#include "base/buf.h"
#include "batches.h"
#include "canvas.h"
#include "coach.h"
#include "eta.h"
#include "groups.h"
#include "inspector.h"
#include "items_view.h"
#include "keys.h"
#include "layout.h"
#include "leaving.h"
#include "log.h"
#include "panel.h"
#include "port.h"
#include "prompt.h"
#include "service_view.h"
#include "timeline.h"
#include "usage_view.h"

/* The overlay of the screen. */
enum overlay {
	OVERLAY_NONE,
	OVERLAY_HELP,
	OVERLAY_QUIT,
	OVERLAY_ASK,
	OVERLAY_PROMPT,
	OVERLAY_BUDGET
};

/* Asked before anything is done to more than the selected item; only "yes" does it. */
struct question {
	char title[120]; /* with the count */
	char note[300];
	char command[260];
};

/* What was looked for in the help. */
struct help_search {
	char text[80]; /* "": nothing */
	int at;        /* the line that has it; -1: none */
};

struct view {
	struct port port;
	bool read_only;  /* the dashboard or, at the moment, the run */
	bool only_looks; /* the dashboard was opened so */
	enum ui_leaving leaving;
	/* the time bar: */
	bool bar_focus;  /* keys are the bar's */
	bool bar_seen;   /* the last snapshot was a replay's */
	bool asked_back; /* the past of this run is being read */
	bool looks_back; /* the port is that of the run's past; `live` is the run's own */
	struct port live;
	struct snapshot live_snap; /* of `live`, while it looks back */
	struct replay_source past; /* all NULL: there is none */
	bool touched;              /* by a key or command since the last refresh */
	bool unread;               /* the screen changed since the last refresh */
	bool late;                 /* something on the screen is not there yet: the port said so */
	uint64_t job; /* of the last command, whose result is still to be told; 0: none */
	bool unseen;  /* a list was moved in that was not on the screen yet */
	struct canvas canvas;
	enum screen screen;
	struct layout_wants wants;
	struct layout layout;
	struct panel panel[PANEL_COUNT];
	struct panel over; /* the overlay's */
	enum overlay overlay;
	struct snapshot snap;
	struct timeline timeline; /* for plots */
	struct coach coach;
	struct eta eta;
	struct item_list active; /* of the main screen */
	struct items_view items;
	struct groups groups; /* of the Errors screen */
	struct log log;
	struct usage_view usage;
	struct service_view service; /* of a port that is a service's */
	struct view
		*below;  /* of a batch that was opened from its service: the view of that; owned */
	bool want_below; /* go back to it */
	enum screen inspected_from;
	enum screen listed_from;             /* while items.lent */
	struct inspector inspector, preview; /* preview: beside the items */
	struct question question;
	bool put_off;      /* the run's own question, by the operator */
	const char *limit; /* the limit that the limit keys change: "rate", "rpm", "tpm" */
	/* the answer to the last command, shown until a time */
	char message[200];
	bool message_bad;
	int64_t message_until_us;
	struct prompt prompt;      /* the command being typed */
	enum overlay under_prompt; /* comes back when the prompt is left */
	struct help_search help;
	/* requests to the owner of the terminal, which clears them */
	bool want_redraw, want_suspend;
	char want_theme[256]; /* a name, a file or "next" */
	bool want_save;       /* columns and order, into the configuration file */
	struct buf want_clip; /* a text for the terminal's clipboard; empty: none */
	/* for the inspector's text; the last for the body of its request, to be sent again */
	enum { OPEN_NOTHING, OPEN_PAGER, OPEN_EDITOR, OPEN_REQUEST } want_open;
	bool mouse; /* the terminal should report it */
};

/* A view of rows x cols; nothing is read from the port yet. */
struct view *view_new(const struct port *port, const struct glyph_set *glyphs, bool read_only,
	int rows, int cols);
void view_free(struct view *v);
/* Lays out anew; everything is dirty. */
void view_resize(struct view *v, int rows, int cols);
/* Takes a snapshot, rows and events from the port and recalculates; true when there is something
 * to draw. */
bool view_refresh(struct view *v);
/* Paints dirty panels on v->canvas. */
void view_draw(struct view *v);
/* Where the terminal's cursor belongs; false: hidden. */
bool view_cursor(const struct view *v, int *row, int *col);
/* Reads the rows of the screen unless it has read them since the screen or its filter changed: keys
 * typed ahead then act on the right list. */
void view_catch_up(struct view *v);
/* A key as terminal.h numbers them. */
void view_key(struct view *v, int key);
/* A click on a cell: selects that row of a list. */
void view_click(struct view *v, int row, int col);
/* A command of the dashboard or, when it is none, of the engine. */
void view_command(struct view *v, const char *text);
/* A command of the engine; the answer becomes the message. False when it was refused. */
bool view_engine(struct view *v, const char *text);
/* The screen that it begins with, and that `q` comes back to. */
enum screen view_home(const struct view *v);
void view_set_screen(struct view *v, enum screen screen);
/* The panel that takes the commands of movement and the like. */
struct panel *view_focus(struct view *v);
/* Shows a message for some seconds. */
void view_message(struct view *v, bool bad, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void view_set_overlay(struct view *v, enum overlay overlay);
/* Message, else the note on the run's state; "" when neither. */
const char *view_notice(const struct view *v, char *out);

#endif
