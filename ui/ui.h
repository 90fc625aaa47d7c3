/* The watcher of a run: the dashboard, plain progress lines, JSON metrics, the summary alone, or
 * none. Built on the port only. */
#ifndef SLUICE_UI_UI_H
#define SLUICE_UI_UI_H

#include <ev.h>
#include <stdbool.h>

#include "base/error.h"
#include "leaving.h"
#include "port.h"

enum ui_kind { UI_KIND_TUI, UI_KIND_PLAIN, UI_KIND_JSON, UI_KIND_SUMMARY, UI_KIND_NONE };
enum ui_glyphs { UI_GLYPHS_AUTO, UI_GLYPHS_BRAILLE, UI_GLYPHS_BLOCK, UI_GLYPHS_ASCII };

/* How the operator is told of a run that ends, is held for long, or waits: the window's title, a
 * bell and a message of the terminal (OSC 9); title and bell; the title; nothing. */
enum ui_notify { UI_NOTIFY_ALL, UI_NOTIFY_BELL, UI_NOTIFY_TITLE, UI_NOTIFY_OFF };

struct ui_config {
	enum ui_kind kind;
	enum ui_glyphs glyphs;
	const char *theme;  /* name or file; NULL: from the configuration file, else default */
	const char *config; /* configuration file; NULL: the user's own */
	bool read_only;
	bool coach; /* a dashboard shows a line of coaching */
	enum ui_notify notify;
	enum ui_leaving leaving; /* the port takes the command `leave`, unless it ENDS */
	bool no_summary;         /* none is printed at the end */
	const char *why_plain;   /* the reason for plain lines on a terminal; "": none to tell */
	const char *notice;      /* the dashboard's first message; NULL: none */
	/* The terminal of a dashboard is gone for good: there is no operator any more. */
	void (*hung_up)(void *ctx);
	void *ctx; /* of hung_up */
	struct replay_source past;
};

struct ui;

/* Can a dashboard be shown: stdin (or /dev/tty when input_is_stdin) and stderr are a terminal of a
 * type that can move the cursor. If not, err says why and what to do; "" when no terminal is
 * there. */
bool ui_terminal_usable(bool input_is_stdin, struct error *err);
/* Can a dashboard be opened where it was asked for? If not, err says why. */
bool ui_terminal_there(struct error *err);
/* Is there a theme of this name, or in this file? If not, err says so. */
bool ui_theme_known(const char *name, struct error *err);
/* Warns on stderr of errors in the dashboard's part of the configuration file (NULL: the user's
 * own) when there is no dashboard. Uses only the commands of the port. */
void ui_check_config(const struct port *port, const char *path);
/* Starts watching. A dashboard that cannot be opened falls back to plain lines. Never NULL. */
struct ui *ui_new(struct ev_loop *loop, const struct port *port, const struct ui_config *config);
/* Is there a dashboard with an operator? */
bool ui_is_interactive(const struct ui *ui);
/* Something new is there to be shown: a dashboard draws it soon. */
void ui_news(struct ui *ui);
/* Restores the terminal and prints the summary of the run on stderr (not for kind NONE). */
void ui_free(struct ui *ui);

#endif
