/* The lines of a file, read through a window with pread(): never mmap(), because a file that is
 * truncated under a mapping kills the reader. Memory: the longest line plus one step. */
#ifndef SLUICE_LEDGER_LINES_H
#define SLUICE_LEDGER_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longer lines have only a place, as do lines of a megabyte with zeros: a hole may be larger than
 * memory. No result line is that long: answers are in memory before they are written. */
#define LEDGER_LINE_MAX ((size_t)2 << 30)

struct ledger_lines {
	int fd; /* borrowed */
	char *data;
	size_t cap, len;
	size_t at;       /* of the next line in data */
	uint64_t base;   /* file offset of data[0] */
	size_t step;     /* bytes of the next read: grows while reading continues in order */
	size_t line_max; /* longer lines are too long: LEDGER_LINE_MAX, or what the caller sets */
};

struct ledger_line {
	const char *text; /* without its newline; borrowed until the next call; NULL: too long */
	size_t len;
	uint64_t offset;
	bool whole; /* it ends in a newline; false for the last piece of a file without one */
	bool zeros; /* only its place is known, because a long run of zeros is in it */
};

enum lines_status { LINES_LINE, LINES_END, LINES_ERROR };

void ledger_lines_init(struct ledger_lines *r, int fd);
void ledger_lines_free(struct ledger_lines *r);
/* The next line starts at this offset. */
void ledger_lines_seek(struct ledger_lines *r, uint64_t offset);
/* LINES_ERROR: see errno. At the end of a growing file it may be called again. */
enum lines_status ledger_lines_next(struct ledger_lines *r, struct ledger_line *out);

#endif
