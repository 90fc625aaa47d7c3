/* Lines on stderr that never stop the engine: what stderr does not take now is kept, up to a
 * ceiling, and what no longer fits is left out. */
#ifndef SLUICE_UI_LINES_H
#define SLUICE_UI_LINES_H

#include <stdbool.h>

struct lines;

struct lines *lines_new(void);
/* Writes what is left, waiting at most two seconds for a slow reader, and frees. */
void lines_free(struct lines *l);
/* Adds a line (without its newline) and writes what can be written. */
void lines_add(struct lines *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Earlier lines still wait for the reader: what is only of the moment may be left out. */
bool lines_behind(struct lines *l);

#endif
