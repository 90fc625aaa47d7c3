#include "base/alloc.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { EXIT_INTERNAL = 4 };

static void (*restore_hook)(void);

void alloc_on_failure(void (*restore)(void))
{
	restore_hook = restore;
}

void alloc_failed(void)
{
	static const char message[] = "sluice: out of memory; the run stops here and can be "
				      "resumed by the same command\n";
	struct pollfd reader = {STDERR_FILENO, POLLOUT, 0};

	if (restore_hook)
		restore_hook();
	/* stderr may be closed or full: the run must end anyway */
	if (poll(&reader, 1, 0) > 0 && write(STDERR_FILENO, message, sizeof(message) - 1) < 0)
		_exit(EXIT_INTERNAL);
	_exit(EXIT_INTERNAL);
}

static inline void *checked(void *p)
{
	if (!p)
		alloc_failed();
	return p;
}

void *xmalloc(size_t size)
{
	return checked(malloc(size ? size : 1));
}

void *xcalloc(size_t n, size_t size)
{
	return checked(calloc(n ? n : 1, size ? size : 1));
}

#define HUGE_PAGE ((size_t)2 << 20)

/* Is it a mapping of its own? */
static bool is_large(size_t size)
{
	return size >= HUGE_PAGE;
}

static size_t whole_pages(size_t size)
{
	return (size + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
}

void *xcalloc_table(size_t size)
{
	size_t used = whole_pages(size), spare;
	char *p;

	if (!is_large(size))
		return xcalloc(size, 1);
	p = mmap(
		NULL, used + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return checked(NULL);
	/* Cuts it to the pages that are aligned. */
	spare = -(uintptr_t)p & (HUGE_PAGE - 1);
	if (spare)
		munmap(p, spare);
	munmap(p + spare + used, HUGE_PAGE - spare);
	madvise(p + spare, used, MADV_HUGEPAGE);
	return p + spare;
}

void xfree_table(void *table, size_t size)
{
	if (is_large(size) && table)
		munmap(table, whole_pages(size));
	else
		free(table);
}

void *xrealloc(void *p, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		return checked(NULL);
	return checked(realloc(p, n && size ? n * size : 1));
}

char *xstrdup(const char *s)
{
	return checked(strdup(s));
}

char *xstrndup(const char *s, size_t len)
{
	return checked(strndup(s, len));
}
