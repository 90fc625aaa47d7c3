/* An error as text for the operator: what happened, where, what to do. */
#ifndef SLUICE_BASE_ERROR_H
#define SLUICE_BASE_ERROR_H

#include <stdbool.h>

struct error {
	char text[512]; /* one line without newline, sanitised for a terminal; "" means none */
};

/* Formats the text (cut at its size) and sanitises it. Always returns false, so that a failing
 * function can `return error_set(err, ...)`. err may be NULL. */
bool error_set(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
