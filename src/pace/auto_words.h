/* What the controller believes and why it holds back, in words for people. */
#ifndef SLUICE_PACE_AUTO_WORDS_H
#define SLUICE_PACE_AUTO_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pace/auto.h"

/* Does somebody else use the limit, so that less than the last good rate passes? */
bool auto_is_shared(const struct auto_pace *a, int64_t now_us);
/* In HELD: the bound that keeps everything back. */
enum bound auto_hold_bound(const struct auto_pace *a, int64_t now_us);
/* In HELD: writes the header or the rule that set the hold, cut at size bytes. */
void auto_hold_source(const struct lane *l, int64_t now_us, char *out, size_t size);
/* Writes what the controller takes the limit for as one line, "limit about 50/s"; "" for other
 * paces. *of_all: is that the operator's limit for all lanes together? Returns the bound that this
 * is about, BOUND_NONE with "". */
enum bound auto_believe(const struct lane *l, int64_t now_us, char *out, size_t size, bool *of_all);

#endif
