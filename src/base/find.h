/* Finds text in text, without case of ASCII letters, at the speed of memchr(). Pure. */
#ifndef SLUICE_BASE_FIND_H
#define SLUICE_BASE_FIND_H

#include <stdbool.h>
#include <stddef.h>

/* Is the text, whose letters are in lower case and which is not empty, in in[0..len)? */
bool find_folded(const char *in, size_t len, const char *text);

#endif
