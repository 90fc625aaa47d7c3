#include "find.h"

#include <string.h>
#include <strings.h>

const char *find_text(const char *in, size_t len, const char *what)
{
	size_t n = strlen(what);

	for (size_t i = 0; n && i + n <= len; i++)
		if ((in[i] | 0x20) == (what[0] | 0x20) && !strncasecmp(in + i, what, n))
			return in + i;
	return NULL;
}
