/* The recorded streams of tests/data/stream: each NAME.sse, and in NAME.json what it adds up to. */
#ifndef SLUICE_TESTS_STREAM_DATA_H
#define SLUICE_TESTS_STREAM_DATA_H

#include <stddef.h>

enum { STREAM_DATA_MAX = 1 << 20 };

/* The text of a file, to be freed. */
char *stream_data_read(const char *name, size_t *len);
/* Calls visit with the name of each stream. */
void stream_data_each(void (*visit)(void *ctx, const char *name), void *ctx);

#endif
