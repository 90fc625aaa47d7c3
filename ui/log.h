/* The latest events of the run, and their list on the Log screen: by level and text, with failed
 * attempts of a kind folded into one row. */
#ifndef SLUICE_UI_LOG_H
#define SLUICE_UI_LOG_H

#include <stddef.h>

#include "list.h"
#include "port.h"

enum { LOG_KEPT = 4096 };

/* What the list leaves out. */
enum log_level { LOG_ALL, LOG_WARNINGS, LOG_ERRORS, LOG_LEVELS };

/* A row: an event, or several of failed attempts that have the same outcome and level, between two
 * events of other kinds. */
struct log_row {
	uint32_t first, last; /* places of events */
	uint32_t count;
};

struct log {
	struct event *event; /* oldest first */
	size_t n, room;
	uint64_t seq; /* of the newest */
	/* the screen */
	char filter[200];
	enum log_level level;
	bool unfolded;
	struct log_row *row; /* those that match; NULL: not searched yet */
	uint64_t matched;    /* seq up to which row holds */
	struct list list;    /* of row */
	uint64_t selected;   /* the seq of a row's first event; 0: the newest, whichever it is */
};

void log_free(struct log *l);
/* Forgets the events: another run, or another moment, has others. The filter stays. */
void log_forget(struct log *l);
/* Reads events up to the sequence number `last`; all anew when that lies before what was read, as
 * in a replay that goes back. */
void log_read(struct log *l, const struct port *port, uint64_t last);
/* Finds the events of `rows` rows. It follows the newest unless another event is selected. */
void log_refresh(struct log *l, int rows);
/* Shows events that hold a text. */
void log_filter(struct log *l, const char *text);
/* Shows events of a level and above, by its name or the next one ("next"); false: it is no name. */
bool log_show_level(struct log *l, const char *name);
/* "all", "warnings", "errors"; static. */
const char *log_level_name(enum log_level level);
/* Folds failed attempts, or shows each. */
void log_fold(struct log *l, bool fold);
/* The row in the list at the cursor; NULL: there is none. */
const struct log_row *log_selected(const struct log *l);
/* The text of a row: of several events how many, until when, and what the last one says; with × if
 * the terminal has it. */
const char *log_text(
	const struct log *l, const struct log_row *row, bool utf8, char *out, size_t size);
/* Marks the outcome that an event of no other colour names in its text, which stands in a text of
 * this size. */
void log_tint(const struct event *e, char *text, size_t size);
/* Moves the selection (as list_move()); false when `how` is no movement. */
bool log_move(struct log *l, const char *how);

#endif
