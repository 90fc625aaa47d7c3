#include "session/hold_watch.h"

static bool is_held(const struct snapshot *s)
{
	return s->state == RUN_DISK_FULL || (s->state == RUN_PAUSED && s->paused_itself) ||
	       (s->state == RUN_HELD && s->standstill == STANDSTILL_NONE);
}

bool hold_watch_look(struct hold_watch *w, const struct snapshot *s)
{
	uint64_t ok = s->outcomes[OUTCOME_OK];

	if (!is_held(s)) {
		if (ok > w->ok)
			*w = (struct hold_watch){.ok = ok};
		return false;
	}
	w->ok = ok;
	if (!w->since_us)
		w->since_us = s->now_us;
	if (w->told || (s->now_us - w->since_us < HOLD_LONG_US &&
			       s->held_until_us - s->now_us < HOLD_LONG_US))
		return false;
	w->told = true;
	return true;
}
