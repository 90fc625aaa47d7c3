/* What the fuzz targets share. A target is one function that takes any bytes; what must hold for
 * all of them is said with must(), and memory errors and undefined behaviour end the program
 * anyway. */
#ifndef SLUICE_TESTS_FUZZ_H
#define SLUICE_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define must(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: must hold: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* Is it as text_sanitise() leaves text: nothing in it that a terminal would obey? */
static inline void must_be_harmless(const char *text)
{
	char again[8192];
	size_t len = strlen(text);

	must(len < sizeof(again) / 10);
	must(text_sanitise(again, sizeof(again), text, len) == len && !memcmp(again, text, len));
}

/* The next line of the input, without its line break; false at the end. */
static inline bool next_line(const char **at, const char *end, const char **line, size_t *len)
{
	const char *stop;

	if (*at >= end)
		return false;
	stop = memchr(*at, '\n', (size_t)(end - *at));
	*line = *at;
	*len = (size_t)((stop ? stop : end) - *at);
	*at = stop ? stop + 1 : end;
	return true;
}

/* A file in memory with this content; path gets a name to open it by. Returns its descriptor. */
static inline int file_of(const void *data, size_t size, char path[64])
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

#endif
