/* The terminal: opened anew and non-blocking, in raw mode, drawn by curses into memory whose bytes
 * are written when the terminal takes them. Nothing here ever waits for it, but for a bounded
 * moment when leaving. Owns SIGWINCH, SIGTSTP, SIGCONT and SIGHUP on the loop. */
#ifndef SLUICE_UI_TERMINAL_H
#define SLUICE_UI_TERMINAL_H

#include <ev.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"
#include "canvas.h"
#include "theme.h"

struct terminal;

/* All are called from the loop. */
struct terminal_calls {
	void (*key)(void *ctx, int key); /* keys.h has their numbers */
	void (*keys_done)(void *ctx);    /* after the keys that came at once */
	void (*resized)(void *ctx, int rows, int cols);
	void (*ready)(void *ctx);  /* a frame may be drawn again */
	void (*hangup)(void *ctx); /* the terminal is gone for good; nothing more is called */
};

/* Is there a terminal that terminal_open() would open? If not, err says so. */
bool terminal_there(struct error *err);
/* Opens /dev/tty (or the terminal of stderr) and takes it over when in the foreground; in the
 * background it waits until it is there. NULL and err when curses cannot use it. calls and ctx
 * outlive the terminal. */
struct terminal *terminal_open(struct ev_loop *loop, bool color, const struct terminal_calls *calls,
	void *ctx, struct error *err);
/* Leaves the screen, restores the modes and frees. */
void terminal_close(struct terminal *t);

void terminal_size(const struct terminal *t, int *rows, int *cols);
/* The last frame has gone and the terminal is ours. */
bool terminal_can_draw(const struct terminal *t);
/* Sends the changes; the canvas has the terminal's size. A negative row hides the cursor. */
void terminal_draw(struct terminal *t, const struct canvas *c, int row, int col);
/* Must a frame be drawn from scratch, even without changes? After terminal_redraw(), a takeover of
 * the terminal or a resize. */
bool terminal_wants_frame(const struct terminal *t);
void terminal_redraw(struct terminal *t);
/* The next frame has this theme. */
void terminal_set_theme(struct terminal *t, const struct theme *theme);
/* Clicks and the wheel as keys; off, the mouse selects text as ever. */
void terminal_set_mouse(struct terminal *t, bool on);
/* The title of the window, shown until the terminal is left, which brings back the one before.
 * Nothing where the type of terminal has none. */
void terminal_set_title(struct terminal *t, const char *text);
/* Does it take commands with a text (OSC)? */
bool terminal_takes_text(const struct terminal *t);
/* Sends bytes that draw nothing, such as a bell; none while another process has the terminal. */
void terminal_send(struct terminal *t, const struct buf *bytes);
/* Where the mouse was at the last of its keys. */
void terminal_mouse_at(const struct terminal *t, int *row, int *col);
/* Leaves the screen for another program. */
void terminal_step_aside(struct terminal *t);
/* Makes the program's process group the one in the foreground. */
void terminal_give(struct terminal *t, pid_t group);
/* Makes ours the one in the foreground again, and shows the screen. */
void terminal_take_back(struct terminal *t);
/* Leaves the screen and stops the process group, as ^Z does. */
void terminal_suspend(struct terminal *t);

#endif
