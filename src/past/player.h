/* Where a replay stands, and how it plays: time goes by at a speed, and stretches in which nothing
 * happened take no longer than PLAYER_IDLE_MS of the run's time. Pure. */
#ifndef SLUICE_PAST_PLAYER_H
#define SLUICE_PAST_PLAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PLAYER_IDLE_MS = 2000,
	PLAYER_WHOLE_S = 60, /* a whole run takes so long by default */
	PLAYER_FASTEST = 1000,
};

/* Nothing happened between the two. */
struct player_idle {
	uint32_t from_ms, to_ms;
};

struct player {
	struct player_idle *idle; /* in their order; each longer than PLAYER_IDLE_MS */
	size_t n, cap;
	int64_t length_ms, at_ms;
	int speed; /* 1 to PLAYER_FASTEST */
	bool playing;
	int64_t turned_us; /* when it was last turned */
	int64_t rest_us;   /* of the run's time: less than a millisecond that has not passed yet */
};

void player_free(struct player *p);
/* Notes that something happened; in the order of the axis. */
void player_note(struct player *p, int64_t before_ms, int64_t at_ms);
/* All is noted: sets the length, and the speed at which the whole run takes PLAYER_WHOLE_S. Stands
 * at the start, and does not play. */
void player_begin(struct player *p, int64_t length_ms);
/* How long the run is when idle stretches are cut. */
int64_t player_busy_ms(const struct player *p);
/* Goes to a point of the axis, or to its ends. */
void player_seek(struct player *p, int64_t at_ms);
/* Plays from now on, from the start again if it stands at the end; or does not. */
void player_play(struct player *p, bool playing, int64_t now_us);
void player_set_speed(struct player *p, int speed);
/* Twice or half as fast: 1, 2, 5, 10, 20, 50, … */
void player_change_speed(struct player *p, bool faster);
/* Lets time go by. True: the position changed. It stops at the end. */
bool player_turn(struct player *p, int64_t now_us);

#endif
