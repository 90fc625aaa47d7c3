/* Finds text in text, without case (of ASCII letters). */
#ifndef SLUICE_UI_FIND_H
#define SLUICE_UI_FIND_H

#include <stddef.h>

/* The first place of `what` in in[0..len); NULL: none, or `what` is empty. */
const char *find_text(const char *in, size_t len, const char *what);

#endif
