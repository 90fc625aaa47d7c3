#include "plan/key_refresh.h"

bool key_refresh_refused(struct key_refresh *k, int64_t sent_us)
{
	bool first = !k->refused;

	if (sent_us < k->renewed_us)
		return false;
	k->refused = k->wanted = true;
	return first;
}

bool key_refresh_ask(struct key_refresh *k, int64_t now_us)
{
	if (k->running)
		return false;
	k->wanted = true;
	k->next_us = now_us;
	return true;
}

bool key_refresh_starts(struct key_refresh *k, int64_t now_us)
{
	if (!k->wanted || k->running || now_us < k->next_us)
		return false;
	k->wanted = false;
	k->running = true;
	k->next_us = now_us + (k->polls ? KEY_FILE_GAP_US : KEY_COMMAND_GAP_US);
	return true;
}

void key_refresh_ended(struct key_refresh *k, int64_t now_us, bool renewed)
{
	k->running = false;
	if (renewed) {
		k->refused = k->wanted = false;
		k->renewed_us = now_us;
	} else if (k->polls) {
		k->wanted = k->refused;
	}
}
