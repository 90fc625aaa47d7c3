#include "ledger/session_starts.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"

void session_starts_add(struct session_starts *t, uint64_t results_from, int64_t wall_us)
{
	t->at = xrealloc(t->at, t->n + 1, sizeof(*t->at));
	t->at[t->n++] = (struct session_start){results_from, wall_us};
}

void session_starts_read(struct session_starts *t, const char *record, size_t len, int64_t wall_us)
{
	struct json_want results = {.name = "results"};
	int64_t from = 0;

	json_pick(record, len, &results, 1, NULL);
	json_span_int(results.value, &from);
	session_starts_add(t, from > 0 ? (uint64_t)from : 0, wall_us);
}

void session_starts_free(struct session_starts *t)
{
	free(t->at);
	*t = (struct session_starts){0};
}

int64_t session_starts_ended(
	const struct session_starts *t, const struct result_record *line, uint64_t offset)
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
