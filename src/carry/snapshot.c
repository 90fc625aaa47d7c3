#include "carry/snapshot.h"

#include <string.h>

#include "carry/tables.h"

/* The seconds of the past that may have ended since the snapshot before; if there are more, all of
 * them are written. */
enum { SHIFT_MAX = 60, UNSETTLED = 3 /* of the newest, that may still change */ };

/* By how many seconds the history has moved: mostly by none or one. */
static int history_shift(const struct snapshot *s, const struct snapshot *base)
{
	int settled = base->history_len - UNSETTLED;

	if (s->history_len < HISTORY_SECONDS || settled < SHIFT_MAX)
		return 0;
	for (int by = 0; by <= SHIFT_MAX; by++)
		if (!memcmp(s->history, base->history + by,
			    (size_t)(settled - by) * sizeof(s->history[0])))
			return by;
	return 0;
}

static void shift_history(struct snapshot *s, int by)
{
	struct history_second *h = s->history;

	memmove(h, h + by, (size_t)(HISTORY_SECONDS - by) * sizeof(*h));
	memset(h + HISTORY_SECONDS - by, 0, (size_t)by * sizeof(*h));
}

void carry_snapshot_write(struct json_writer *w, const struct snapshot *s, struct snapshot *base)
{
	int by = history_shift(s, base);

	json_open_object(w);
	if (by) {
		shift_history(base, by);
		json_member_int(w, "shift", by);
	}
	json_key(w, "to");
	carry_write(w, carry_snapshot_fields, s, base, sizeof(*s));
	json_close_object(w);
	*base = *s;
}

void carry_snapshot_read(struct json_span object, struct snapshot *s)
{
	struct json_want want[] = {{.name = "shift"}, {.name = "to"}};
	int64_t by;

	json_pick(object.at, object.len, want, 2, NULL);
	if (json_span_int(want[0].value, &by) && by > 0 && by <= SHIFT_MAX)
		shift_history(s, (int)by);
	carry_read(want[1].value, carry_snapshot_fields, s);
}
