/* A byte buffer that grows up to a ceiling. The constructor takes the ceiling, so that no data from
 * outside can grow without one (as in curl's dynbuf). */
#ifndef SLUICE_BASE_BUF_H
#define SLUICE_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data; /* followed by a NUL when len > 0 or after buf_str() */
	size_t len;
	size_t cap;
	size_t max; /* len never exceeds it */
};

/* An empty buffer that may hold up to max bytes; allocates nothing yet. */
void buf_init(struct buf *b, size_t max);
/* Releases the memory; the buffer is empty and usable again. */
void buf_free(struct buf *b);
/* Empties it and keeps the memory. */
static inline void buf_clear(struct buf *b)
{
	b->len = 0;
}
/* Empties it and releases memory above keep bytes. */
void buf_trim(struct buf *b, size_t keep);
/* Makes room for extra more bytes; false, with nothing changed, when that would exceed max. */
bool buf_grow(struct buf *b, size_t extra);
static inline bool buf_reserve(struct buf *b, size_t extra)
{
	/* there is nearly always room */
	return (extra < b->cap - b->len && extra <= b->max - b->len) || buf_grow(b, extra);
}
/* Append; false, with nothing appended, when that would exceed max. */
bool buf_add(struct buf *b, const void *data, size_t len);
bool buf_adds(struct buf *b, const char *s);
static inline bool buf_addc(struct buf *b, char c)
{
	if (!buf_reserve(b, 1))
		return false;
	b->data[b->len++] = c;
	b->data[b->len] = '\0';
	return true;
}
bool buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Appends a decimal number; faster than buf_addf. */
bool buf_addu(struct buf *b, unsigned long long n);
/* Removes the first n bytes (n <= len). */
void buf_drop_front(struct buf *b, size_t n);
/* The content as a NUL-terminated string, "" when empty; borrowed from the buffer. */
const char *buf_str(struct buf *b);

#endif
