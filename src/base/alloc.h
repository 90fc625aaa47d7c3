/* Memory that is there or ends the program: sluice's files are safe against a kill at any moment,
 * so running out of memory stops the run (exit 4, resumable) instead of limping on. */
#ifndef SLUICE_BASE_ALLOC_H
#define SLUICE_BASE_ALLOC_H

#include <stddef.h>

/* As malloc, calloc, realloc, strdup and strndup; never return NULL. The caller owns the memory and
 * releases it with free(). A product that overflows counts as out of memory. */
void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
/* size zero bytes; many of them stand on huge pages where the system has them, since a table that
 * is read all over misses the address cache each time. For free(). */
void *xcalloc_table(size_t size);
void *xrealloc(void *p, size_t n, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t len);

/* Called once before the program ends for lack of memory; restores the terminal. NULL: nothing. */
void alloc_on_failure(void (*restore)(void));

#endif
