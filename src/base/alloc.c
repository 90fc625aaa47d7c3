#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_INTERNAL = 4 };

static void (*restore_hook)(void);

void alloc_on_failure(void (*restore)(void))
{
	restore_hook = restore;
}

static void *checked(void *p)
{
	static const char message[] = "sluice: out of memory; the run stops here and can be "
				      "resumed by the same command\n";

	if (p)
		return p;
	if (restore_hook)
		restore_hook();
	if (write(STDERR_FILENO, message, sizeof(message) - 1) < 0)
		_exit(EXIT_INTERNAL);
	_exit(EXIT_INTERNAL);
}

void *xmalloc(size_t size)
{
	return checked(malloc(size ? size : 1));
}

void *xcalloc(size_t n, size_t size)
{
	return checked(calloc(n ? n : 1, size ? size : 1));
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
