/* When to fetch another key after the server refused the one in use, for a file or a command that
 * may give another. Pure: it takes the time and fetches nothing. */
#ifndef SLUICE_PLAN_KEY_REFRESH_H
#define SLUICE_PLAN_KEY_REFRESH_H

#include <stdbool.h>
#include <stdint.h>

/* The least time between two fetches: reading a file costs little, a command may log in somewhere.
 */
#define KEY_FILE_GAP_US    (INT64_C(1) * 1000000)
#define KEY_COMMAND_GAP_US (INT64_C(60) * 1000000)

struct key_refresh {
	bool polls;         /* a file: it is looked at until it has another key */
	bool refused;       /* the key in use was, and no other has come */
	bool wanted;        /* another one should be fetched */
	bool running;       /* it is being fetched */
	int64_t renewed_us; /* when the key in use came; 0: with the run */
	int64_t next_us;    /* the earliest time of the next fetch */
};

/* A request was refused with 401 that was sent at this time: with an earlier key, it says nothing.
 * True: the key in use is refused for the first time. */
bool key_refresh_refused(struct key_refresh *k, int64_t sent_us);
/* The operator wants another key now. False: it is being fetched already. */
bool key_refresh_ask(struct key_refresh *k, int64_t now_us);
/* Should a fetch start now? It is under way then, until key_refresh_ended(). */
bool key_refresh_starts(struct key_refresh *k, int64_t now_us);
/* The fetch has ended. renewed: with another key, which is in use from now on. */
void key_refresh_ended(struct key_refresh *k, int64_t now_us, bool renewed);

#endif
