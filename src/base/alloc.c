#include "base/alloc.h"

#include <poll.h>
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

static _Noreturn void fail(void)
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
		fail();
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

void *xcalloc_table(size_t size)
{
	enum { HUGE_PAGE = 2 << 20 };
	void *p;

	if (size < 4 * (size_t)HUGE_PAGE)
		return xcalloc(size, 1);
	size = (size + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);
	p = checked(aligned_alloc(HUGE_PAGE, size));
	madvise(p, size, MADV_HUGEPAGE);
	return memset(p, 0, size);
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
