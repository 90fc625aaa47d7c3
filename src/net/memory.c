#include "net/memory.h"

#include <stdlib.h>

#include "base/alloc.h"

static void *curl_realloc(void *p, size_t size)
{
	return xrealloc(p, size, 1);
}

CURLcode memory_curl_init(void)
{
	return curl_global_init_mem(
		CURL_GLOBAL_DEFAULT, xmalloc, free, curl_realloc, xstrdup, xcalloc);
}
