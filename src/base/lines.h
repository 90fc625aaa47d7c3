/* Lines on stderr that never stop the program, whoever reads them or does not: what stderr does not
 * take now is kept, up to a ceiling, and what no longer fits is left out. */
#ifndef SLUICE_BASE_LINES_H
#define SLUICE_BASE_LINES_H

#include <stdbool.h>

struct lines;

/* To what stderr is now. */
struct lines *lines_new(void);
/* Those of the program: all that a run says goes there, in order. Made when first asked for. */
struct lines *lines_shared(void);
/* A line there: "sluice: " or "sluice: warning: " and the text. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Frees them as lines_free() does; before the program ends. */
void say_last(void);
/* Writes what is left, waiting at most two seconds for a slow reader, and frees. */
void lines_free(struct lines *l);
/* Adds a line (without its newline) and writes what can be written. */
void lines_add(struct lines *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Earlier lines still wait for the reader: what is only of the moment may be left out. */
bool lines_behind(struct lines *l);

#endif
