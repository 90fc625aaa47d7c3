/* Lines on stderr that never block the program: lines that stderr does not take now are kept up to
 * a ceiling; further ones are dropped. */
#ifndef SLUICE_BASE_LINES_H
#define SLUICE_BASE_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct lines;

/* Opens the present stderr. Free with lines_free(). */
struct lines *lines_new(void);
/* The program's own lines, so that all messages of a run keep their order. Made on first use. */
struct lines *lines_shared(void);
/* Adds a line to lines_shared(): "sluice: " or "sluice: warning: " and the text. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, once for each text, of the last 64: what is so for the process, and not for one of its
 * runs. */
void say_warning_once(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Frees lines_shared() as lines_free() does; call it before the program ends. */
void say_last(void);
/* Writes the remaining lines, waiting at most two seconds for a slow reader, and frees. */
void lines_free(struct lines *l);
/* Adds a line (without newline) and writes what stderr takes now. */
void lines_add(struct lines *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same with a text that is no format. */
void lines_add_text(struct lines *l, const char *text, size_t len);
/* Do earlier lines still wait for the reader? Then progress lines may be skipped. */
bool lines_behind(struct lines *l);

#endif
