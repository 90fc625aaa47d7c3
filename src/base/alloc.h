/* Allocation that never returns NULL. Running out of memory ends the program with exit code 4;
 * sluice's files survive a kill at any moment, so the run can be resumed. */
#ifndef SLUICE_BASE_ALLOC_H
#define SLUICE_BASE_ALLOC_H

#include <stddef.h>

/* As malloc, calloc, realloc (n times size), strdup and strndup, but they end the program instead
 * of returning NULL. The caller owns the memory and releases it with free(). A product that
 * overflows counts as out of memory. */
void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
/* Allocates size zero bytes for a table that is read at random places. Large tables are put on huge
 * pages where the system has them, because each read of small pages would miss the TLB. Release it
 * with free(). */
void *xcalloc_table(size_t size);
void *xrealloc(void *p, size_t n, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t len);

/* Sets a function that is called once before the program ends for lack of memory, to restore the
 * terminal; NULL: none. */
void alloc_on_failure(void (*restore)(void));

#endif
