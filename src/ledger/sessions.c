#include "ledger/sessions.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"

void ledger_sessions_add(struct ledger_sessions *t, uint64_t results_from, int64_t wall_us)
{
	t->at = xrealloc(t->at, t->n + 1, sizeof(*t->at));
	t->at[t->n++] = (struct ledger_session){results_from, wall_us};
}

void ledger_sessions_read(
	struct ledger_sessions *t, const char *record, size_t len, int64_t wall_us)
{
	struct json_want results = {.name = "results"};
	int64_t from = 0;

	json_pick(record, len, &results, 1, NULL);
	json_span_int(results.value, &from);
	ledger_sessions_add(t, from > 0 ? (uint64_t)from : 0, wall_us);
}

void ledger_sessions_free(struct ledger_sessions *t)
{
	free(t->at);
	*t = (struct ledger_sessions){0};
}

int64_t ledger_sessions_ended(
	const struct ledger_sessions *t, const struct result_record *line, uint64_t offset)
{
	size_t s = t->n;

	if (line->session > 0 && (uint64_t)line->session <= s)
		s = (size_t)line->session;
	else
		while (s > 1 && t->at[s - 1].results_from > offset)
			s--;
	return (s ? t->at[s - 1].wall_us : 0) +
	       (line->ended_ms > 0 ? line->ended_ms * US_PER_MS : 0);
}
