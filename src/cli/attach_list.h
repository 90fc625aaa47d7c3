/* The list of runs from which the operator of `sluice attach` chooses. */
#ifndef SLUICE_CLI_ATTACH_LIST_H
#define SLUICE_CLI_ATTACH_LIST_H

#include "base/buf.h"
#include "control/registry_list.h"

enum { ATTACH_LISTED = 20 };

/* The entries that the list shows: those that go on, newest first, then those that ended lately and
 * have results, newest first. Returns how many, at most ATTACH_LISTED. */
size_t attach_list_pick(
	const struct registry_list *runs, const struct registry_entry *out[ATTACH_LISTED]);
/* Writes the list with its numbers. now_s: unix seconds. */
void attach_list_write(
	const struct registry_entry *const *entries, size_t n, int64_t now_s, struct buf *out);
/* The entry that a typed line means: a number of the list, a name, or nothing, which is the first.
 * -1: none of them. */
int attach_list_choice(const struct registry_entry *const *entries, size_t n, const char *line);

#endif
