/* How latencies spread, by the LATENCY_BINS of figures.h: of a histogram, and as records have it.
 * Latencies lie close together: a record has the place of the first count that is not 0, then the
 * counts up to the last such. Pure. */
#ifndef SLUICE_CORE_LATENCY_BINS_H
#define SLUICE_CORE_LATENCY_BINS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/histogram.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "figures.h"

/* Adds the counts of a histogram to bins. */
void latency_bins_add(const struct histogram *h, uint32_t bins[LATENCY_BINS]);
/* The same into other numbers, which are set. */
void latency_bins_of(const struct histogram *h, int64_t bins[LATENCY_BINS]);
/* Adds the counts of bins to a histogram, each at the middle of its bin. */
void latency_bins_restore(const int64_t bins[LATENCY_BINS], struct histogram *h);
/* Writes the member "latency": what the counts have grown by; nothing when they have not. before:
 * NULL: all are 0. */
void latency_bins_write(struct json_writer *w, const int64_t *now, const int64_t *before);
/* Adds what a record has to the counts. Numbers may be anything: counts stay from 0 to 2^52. */
void latency_bins_read(struct json_span array, int64_t bins[LATENCY_BINS]);

#endif
