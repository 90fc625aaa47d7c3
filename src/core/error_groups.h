/* Groups failed attempts that have outcome, status, code and message in common; numbers, ids and
 * quoted texts of a message do not count. At most 255 groups; the last one takes all errors that
 * have no group. Pure. */
#ifndef SLUICE_CORE_ERROR_GROUPS_H
#define SLUICE_CORE_ERROR_GROUPS_H

#include <stddef.h>
#include <stdint.h>

#include "figures.h"

enum { ERROR_GROUPS = 255 };

struct error_groups {
	struct error_group *group; /* a group's id is its place + 1 */
	struct error_hits *hits;
	uint64_t *signature;
	int64_t *minute; /* of the last entry of per_minute */
	int n;
};

/* A failure. Texts are sanitised, except for the id. */
struct error_seen {
	enum outcome outcome;
	int status;
	const char *code, *message;
	const char *id;
	size_t id_len;
	const char *model, *place; /* sanitised: see struct error_hits; NULL: not known */
};

/* Makes an empty table; allocates nothing yet. */
void error_groups_init(struct error_groups *t);
void error_groups_free(struct error_groups *t);
/* Counts a failed attempt at wall_us, which may be past. Returns the id of its group, never 0. */
uint8_t error_groups_add(struct error_groups *t, const struct error_seen *seen, int64_t wall_us);
/* The id of the group of a failure that was counted before, or of a new one: nothing is counted. */
uint8_t error_groups_of(struct error_groups *t, const struct error_seen *seen, int64_t wall_us);
/* Counts another attempt of a group that there is. */
void error_groups_again(struct error_groups *t, uint8_t id, int64_t wall_us);
/* The groups stay, but nothing was counted; those of no attempt and no item are not listed. */
void error_groups_rewind(struct error_groups *t);
/* Adds an item to the group (+1) or takes it out (-1). id 0: nothing happens. */
void error_groups_items(struct error_groups *t, uint8_t id, int change);
/* The same for the items that failed for good. */
void error_groups_final(struct error_groups *t, uint8_t id, int change);
/* The group of an id; NULL: there is none. Its trend is as of the last failure. */
const struct error_group *error_groups_at(const struct error_groups *t, uint8_t id);
/* Copies up to n groups, most attempts first, with their trends up to now; *total: how many groups
 * have counted something. */
size_t error_groups_list(const struct error_groups *t, int64_t wall_us, struct error_group *out,
	size_t n, size_t *total);

/* What the group of an id hit; NULL: there is none. */
const struct error_hits *error_groups_hits(const struct error_groups *t, uint32_t id);

/* Writes the message with `#` for numbers and `*` for ids and quoted texts. */
void error_normalise(const char *message, char *out, size_t size);

#endif
