/* Sentences about figures that the summary of a run and `sluice report` have in common. */
#ifndef SLUICE_FIGURES_TEXT_H
#define SLUICE_FIGURES_TEXT_H

#include <stdint.h>

#include "figures.h"

enum { FIGURES_TEXT_SIZE = 160 };

/* "20.0k in (19.5k cached, 300 written to the cache), 1.0k out"; cached and written are parts of
 * in. */
const char *figures_tokens(
	double in, double cached, double written, double made, char out[FIGURES_TEXT_SIZE]);
/* "about 20.0k tokens in, 1.0k out, which answers did not report" */
const char *figures_estimated(double in, double made, char out[FIGURES_TEXT_SIZE]);
/* "$1.20 and ? for 30 answers without a price"; usd negative: not known. */
const char *figures_cost(double usd, double unpriced, char out[FIGURES_TEXT_SIZE]);
/* "the first 10 of about 1000 items", "a sample of 10 of 1000 items (seed 1)". */
const char *figures_part(const struct input_part *p, char out[FIGURES_TEXT_SIZE]);
/* "23.5 times as fast as one at a time"; "" when it says nothing: not known, or below 1, as on a
 * busy machine. */
const char *figures_speed_up(double times, char out[FIGURES_TEXT_SIZE]);
/* An honest range in one unit: "28-35m", "9s", "1.5-2.1h"; "-" when unknown; at most 8 cells. */
const char *figures_eta(int64_t low_us, int64_t high_us, char out[FIGURES_TEXT_SIZE]);

#endif
