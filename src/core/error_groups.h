/* Failed attempts by what they have in common: outcome, status, code, and the message without what
 * names the single case (numbers, ids, quoted texts). At most 255 groups; when they are used up,
 * the last one takes all others. Pure. */
#ifndef SLUICE_CORE_ERROR_GROUPS_H
#define SLUICE_CORE_ERROR_GROUPS_H

#include <stddef.h>
#include <stdint.h>

#include "figures.h"

enum { ERROR_GROUPS = 255 };

struct error_groups {
	struct error_group *group; /* a group's id is its place + 1 */
	uint64_t *signature;
	int64_t *minute; /* that the last of per_minute stands for */
	int n;
};

/* A failure. Texts are sanitised but for the id. */
struct error_seen {
	enum outcome outcome;
	int status;
	const char *code, *message;
	const char *id;
	size_t id_len;
};

/* Allocates nothing yet. */
void error_groups_init(struct error_groups *t);
void error_groups_free(struct error_groups *t);
/* Counts a failed attempt, perhaps one of some time ago; the id of its group, never 0. */
uint8_t error_groups_add(struct error_groups *t, const struct error_seen *seen, int64_t wall_us);
/* An item came to be counted by the group (+1) or is no more (-1); the same for those that failed
 * for good. id 0: nothing. */
void error_groups_items(struct error_groups *t, uint8_t id, int change);
void error_groups_final(struct error_groups *t, uint8_t id, int change);
/* NULL: none of that id. Its trend is as of the last failure. */
const struct error_group *error_groups_at(const struct error_groups *t, uint8_t id);
/* Up to n groups, most attempts first, their trends up to now; *total: how many there are. */
size_t error_groups_list(
	struct error_groups *t, int64_t wall_us, struct error_group *out, size_t n, size_t *total);

/* The message with `#` for numbers, `*` for ids and quoted texts. */
void error_normalise(const char *message, char *out, size_t size);

#endif
