/* The curses screen of a terminal: it writes into memory, so that an update never waits, and reads
 * keys from the terminal. */
#ifndef SLUICE_UI_SCREEN_H
#define SLUICE_UI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "theme.h"

struct screen;

/* The terminfo entry to draw with: that of TERM or, where it is not known here, of a terminal that
 * understands the same. NULL and err, with the remedy, when TERM is not set or names a terminal
 * that cannot move the cursor. */
const char *screen_type(struct error *err);
/* A screen for the TERM of the environment, reading keys from tty (which stays the caller's). NULL
 * and err when screen_type() knows none. One at a time. */
struct screen *screen_new(int tty, bool color, struct error *err);
void screen_free(struct screen *s);
/* Does this type of terminal take commands with a text (OSC), such as a title? */
bool screen_takes_text(const struct screen *s);
/* From the next frame on, which has to be drawn from scratch. */
void screen_set_theme(struct screen *s, const struct theme *theme);
/* Asks the terminal for clicks and the wheel, or gives the mouse back to its own copy and paste. */
void screen_set_mouse(struct screen *s, bool on);
/* Where the last mouse key happened. */
void screen_mouse_at(const struct screen *s, int *row, int *col);
/* Bytes that lead back to the normal screen, with the cursor shown and no attributes. */
const char *screen_restore_bytes(const struct screen *s, size_t *len);
void screen_resize(struct screen *s, int rows, int cols);
/* Before the first frame, and again after having left. */
void screen_enter(struct screen *s);
void screen_leave(struct screen *s);
/* Computes the bytes from the last frame to the standard window; all of it when from_scratch. */
void screen_update(struct screen *s, bool from_scratch, int cursor_row, int cursor_col);
/* Moves the bytes written since the last time to the end of out. */
void screen_take(struct screen *s, struct buf *out);
/* The next key that is already there, or that the time has made one. */
bool screen_key(struct screen *s, int64_t now_us, int *key);
/* When to ask again though nothing was typed: a lone Esc is a key after a moment; 0: never. */
int64_t screen_key_due_us(const struct screen *s);

#endif
