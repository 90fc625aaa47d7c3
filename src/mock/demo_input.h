/* The demo's input: a believable batch, in which a few requests are longer than any model takes. */
#ifndef SLUICE_MOCK_DEMO_INPUT_H
#define SLUICE_MOCK_DEMO_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

/* Stands in the requests that are too long: one of 400, from line 100 on. */
#define DEMO_TOO_LONG "[attachment: 4812 pages]"

/* Writes an OpenAI batch of so many lines (summaries, classifications, extractions, replies and
 * embeddings of support tickets; two models, some priorities) to path, replacing an old file. The
 * same seed gives the same file. False and err when it cannot be written. */
bool demo_input_write(const char *path, int64_t items, uint64_t seed, struct error *err);
/* Appends line number `line` (from 1) of such a batch, without its line break. */
void demo_input_line(uint64_t seed, int64_t line, struct buf *out);

#endif
