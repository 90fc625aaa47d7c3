/* A canvas on the curses screen: roles become attributes and colours of a theme, changed cells
 * are handed to curses, which finds the bytes to send. */
#ifndef SLUICE_UI_PAINT_H
#define SLUICE_UI_PAINT_H

#include <stdbool.h>

#include "canvas.h"
#include "theme.h"

/* Finds out what colours the current curses screen has; without color only attributes are used. */
void paint_init(bool color);
/* Applies a theme's styles on the terminal's own background. Where true colour is asked for
 * (COLORTERM) and the palette can be changed, its end is; curses gives it back at endwin(). The
 * next frame must be painted whole. */
void paint_theme(const struct theme *theme);
/* The theme changed the terminal's palette. */
bool paint_changed_palette(void);
/* Puts the cells that differ from `shown` (same size) on the standard window and copies them there;
 * with all = true every cell. */
void paint_canvas(const struct canvas *c, struct canvas *shown, bool all);

#endif
