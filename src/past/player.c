#include "past/player.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

void player_free(struct player *p)
{
	free(p->idle);
	memset(p, 0, sizeof(*p));
}

void player_note(struct player *p, int64_t before_ms, int64_t at_ms)
{
	if (at_ms - before_ms <= PLAYER_IDLE_MS)
		return;
	if (p->n == p->cap) {
		p->cap = p->cap ? 2 * p->cap : 16;
		p->idle = xrealloc(p->idle, p->cap, sizeof(*p->idle));
	}
	p->idle[p->n++] = (struct player_idle){(uint32_t)before_ms, (uint32_t)at_ms};
}

int64_t player_busy_ms(const struct player *p)
{
	int64_t busy_ms = p->length_ms;

	for (size_t i = 0; i < p->n; i++)
		busy_ms -= (int64_t)p->idle[i].to_ms - p->idle[i].from_ms - PLAYER_IDLE_MS;
	return busy_ms > 0 ? busy_ms : 0;
}

void player_begin(struct player *p, int64_t length_ms)
{
	p->length_ms = length_ms;
	p->at_ms = 0;
	p->playing = false;
	player_set_speed(
		p, (int)((player_busy_ms(p) / 1000 + PLAYER_WHOLE_S - 1) / PLAYER_WHOLE_S));
}

void player_seek(struct player *p, int64_t at_ms)
{
	p->rest_us = 0;
	p->at_ms = at_ms < 0 ? 0 : at_ms > p->length_ms ? p->length_ms : at_ms;
}

void player_play(struct player *p, bool playing, int64_t now_us)
{
	if (playing && p->at_ms >= p->length_ms)
		player_seek(p, 0);
	p->playing = playing && p->length_ms > 0;
	p->turned_us = now_us;
}

void player_set_speed(struct player *p, int speed)
{
	p->speed = speed < 1 ? 1 : speed > PLAYER_FASTEST ? PLAYER_FASTEST : speed;
}

void player_change_speed(struct player *p, bool faster)
{
	static const int steps[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, PLAYER_FASTEST};
	enum { STEPS = sizeof(steps) / sizeof(steps[0]) };
	int i = 0;

	if (faster) {
		while (i < STEPS - 1 && steps[i] <= p->speed)
			i++;
	} else {
		i = STEPS - 1;
		while (i > 0 && steps[i] >= p->speed)
			i--;
	}
	player_set_speed(p, steps[i]);
}

/* The first idle stretch that ends behind the position. */
static size_t idle_behind(const struct player *p)
{
	size_t low = 0, high = p->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (p->idle[mid].to_ms <= p->at_ms)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Goes on by so much of the time that is played. */
static void pass(struct player *p, int64_t ms)
{
	size_t i = idle_behind(p);

	for (; i < p->n; i++) {
		int64_t busy_ms = (int64_t)p->idle[i].from_ms - p->at_ms;
		int64_t resumes_ms = (int64_t)p->idle[i].to_ms - PLAYER_IDLE_MS;

		if (busy_ms > 0) {
			if (ms <= busy_ms)
				break;
			p->at_ms += busy_ms;
			ms -= busy_ms;
		}
		if (p->at_ms < resumes_ms)
			p->at_ms = resumes_ms;
		if (ms <= (int64_t)p->idle[i].to_ms - p->at_ms)
			break;
		ms -= (int64_t)p->idle[i].to_ms - p->at_ms;
		p->at_ms = p->idle[i].to_ms;
	}
	p->at_ms += ms;
}

bool player_turn(struct player *p, int64_t now_us)
{
	int64_t since_us = now_us - p->turned_us, before_ms = p->at_ms, passed_us;

	if (!p->playing)
		return false;
	p->turned_us = now_us;
	/* a terminal that was stopped does not jump ahead */
	if (since_us > US_PER_S)
		since_us = US_PER_S;
	if (since_us <= 0)
		return false;
	passed_us = p->rest_us + since_us * p->speed;
	p->rest_us = passed_us % US_PER_MS;
	pass(p, passed_us / US_PER_MS);
	if (p->at_ms >= p->length_ms) {
		p->at_ms = p->length_ms;
		p->playing = false;
	}
	return p->at_ms != before_ms || !p->playing;
}
