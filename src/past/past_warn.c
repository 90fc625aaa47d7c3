/* What the files lack, in the log: the note on the state has no room for it. */
#include <inttypes.h>

#include "ledger/replay.h"
#include "past/past_impl.h"

void past_warn(const struct past *p, int64_t wall_us)
{
	struct events *events = &p->engine->observer.events;

	if (!ledger_has_journal(p->ledger))
		events_add(events, wall_us, EVENT_WARNING,
			"the journal is missing: no times, no log, no attempts");
	if (ledger_is_torn(p->ledger) && !p->holder)
		events_add(events, wall_us, EVENT_WARNING,
			"the last line of results or journal is incomplete and skipped");
	if (p->bad_lines)
		events_add(events, wall_us, EVENT_WARNING,
			"%" PRIu64 " line%s of the files skipped: not records", p->bad_lines,
			p->bad_lines == 1 ? "" : "s");
}
