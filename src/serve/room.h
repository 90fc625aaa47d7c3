/* Room on the disk for what clients send: --max-disk is a limit on all files and batches, with
 * their ledgers, and with what is still on its way. */
#ifndef SLUICE_SERVE_ROOM_H
#define SLUICE_SERVE_ROOM_H

#include <stdbool.h>
#include <stdint.h>

struct call;
struct service;

/* What a call has taken. */
struct room {
	struct service *service;
	uint64_t bytes;
};

/* Takes so many bytes more; false, and nothing is taken, when there is no room for them. Of several
 * calls that have none together, the one that comes to the limit makes room for the others. */
bool room_take(struct room *r, uint64_t bytes);
/* The store has what was taken, or nobody. May be called again. */
void room_give_back(struct room *r);
/* Would there be room for so many? Takes nothing. */
bool room_has(const struct service *s, uint64_t bytes);
/* Refuses the call for want of room. param may be NULL. */
void room_refuse(struct call *c, const char *param);

#endif
