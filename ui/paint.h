/* A canvas on the curses screen: roles become attributes and colours of a theme, changed cells
 * are handed to curses, which finds the bytes to send. */
#ifndef SLUICE_UI_PAINT_H
#define SLUICE_UI_PAINT_H

#include <stdbool.h>

#include "canvas.h"
#include "theme.h"

/* Detects the colours of the current curses screen; without color it uses only attributes. */
void paint_init(bool color);
/* Applies a theme's styles. If true colour is requested
 * (COLORTERM) and the palette can be changed, it changes the end of the palette; curses restores it
 * at endwin(). The next frame must be painted whole. */
void paint_theme(const struct theme *theme);
/* The theme changed the terminal's palette. */
bool paint_changed_palette(void);
/* Puts the cells that differ from `shown` (same size) on the standard window and copies them there;
 * with all = true every cell. */
void paint_canvas(const struct canvas *c, struct canvas *shown, bool all);

#endif
