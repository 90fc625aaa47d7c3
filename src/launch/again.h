/* The same command again, while the run that it started goes on. */
#ifndef SLUICE_LAUNCH_AGAIN_H
#define SLUICE_LAUNCH_AGAIN_H

#include <stdbool.h>

#include "base/buf.h"
#include "launch/begun.h"

/* Is another process writing these results? Then *run is that run as far as others know it, waiting
 * up to wait_ms for one that begins just now to be reachable. begun_free() in any case. */
bool again_find(const char *results, int wait_ms, struct begun *run);
/* Adds why a second run is refused, with the pid and how to reach the first. */
void again_refuse(const char *results, const struct begun *run, struct buf *out);
/* The words of the command line of a process: NULL-terminated; NULL when they cannot be read.
 * again_free_words() frees them. */
char **again_words(int64_t pid);
void again_free_words(char **words);

#endif
