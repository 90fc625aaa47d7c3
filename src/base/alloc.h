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
void *xrealloc(void *p, size_t n, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t len);

/* Allocates size zero bytes for a table. Tables of some megabytes are put on huge pages where the
 * system has them: small pages would cost a fault each, and a random read a miss of the TLB. Memory
 * that was never touched is not used. Release it with xfree_table() and the same size. */
void *xcalloc_table(size_t size);
void xfree_table(void *table, size_t size);

/* Ends the program for lack of memory, for libraries that return NULL. */
_Noreturn void alloc_failed(void);
/* Sets a function that is called once before the program ends for lack of memory, to restore the
 * terminal; NULL: none. */
void alloc_on_failure(void (*restore)(void));

#endif
