/* A sample of the input's lines: the N lines with the smallest hashes under a seed. So the same
 * lines are chosen each time, a larger sample has all lines of a smaller one, and a line is not
 * chosen anew because lines before it were added or removed. It keeps places, no text. Pure. */
#ifndef SLUICE_INPUT_SAMPLE_H
#define SLUICE_INPUT_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "input/source.h"

/* The place of a line that was chosen. */
struct sampled_line {
	uint64_t hash, offset, number;
	size_t len;
	bool too_long; /* it has no text */
};

struct sample {
	struct sampled_line *at; /* a heap with the largest hash on top, then in order */
	size_t n, cap, most;
	uint64_t seed;
	uint64_t lines; /* that were offered */
};

/* An empty sample of up to `most` lines (1 or more). */
void sample_init(struct sample *s, size_t most, uint64_t seed);
void sample_free(struct sample *s);
/* Offers the next line. Equal lines are chosen in their order. */
void sample_offer(struct sample *s, const struct source_line *line);
/* All lines were offered: puts those that are chosen, at[0] to at[n - 1], into the input's order.
 */
void sample_finish(struct sample *s);

#endif
