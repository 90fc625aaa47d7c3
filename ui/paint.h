/* A canvas on the curses screen: roles become attributes and colours, changed rows are handed to
 * curses, which finds the bytes to send. */
#ifndef SLUICE_UI_PAINT_H
#define SLUICE_UI_PAINT_H

#include <stdbool.h>

#include "canvas.h"

/* Colours for the current curses screen, on the terminal's own background; without color only
 * attributes are used. */
void paint_init(bool color);
/* Puts the rows that differ from `shown` (same size) on the standard window and copies them there;
 * with all = true every row. */
void paint_canvas(const struct canvas *c, struct canvas *shown, bool all);

#endif
