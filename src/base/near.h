/* Names that somebody may have meant. Pure. */
#ifndef SLUICE_BASE_NEAR_H
#define SLUICE_BASE_NEAR_H

#include <stdbool.h>
#include <stddef.h>

/* Names that are longer are far from everything. */
enum { NEAR_MAX_NAME = 40 };

/* Do the names differ only in case (of ASCII letters), blanks, '_' and '-'? */
bool near_alike(const char *a, size_t a_len, const char *b, size_t b_len);
/* Is candidate closer to name than *best (begin with NEAR_MAX_NAME), and close enough to be meant?
 * Then *best becomes its distance. A shortened name is at distance 1. */
bool near_is_nearer(const char *name, const char *candidate, size_t *best);

#endif
