/* Observes the attempts: statistics, the chart of the run, its tables, what bounds the sending,
 * events, error groups, and the history of attempts. It decides nothing. */
#ifndef SLUICE_CORE_OBSERVER_H
#define SLUICE_CORE_OBSERVER_H

#include "core/chart_records.h"
#include "core/error_groups.h"
#include "core/events.h"
#include "core/history.h"
#include "core/items.h"
#include "core/outlook.h"
#include "core/stats.h"
#include "core/usage_table.h"
#include "pace/why.h"

struct attempt;

struct observer {
	struct stats stats;
	struct chart chart;          /* the whole run; stats fills it */
	struct chart_reader charted; /* of earlier sessions, as far as it was read */
	struct usage_table usage;
	struct why why;
	struct open_lanes open_lanes;
	struct events events;
	int64_t event_second; /* of the last attempt events, which are limited in number */
	int event_count;
	struct error_groups groups;
	uint32_t regrouped; /* items that engine_regroup() has done */
	struct past_attempts past;
};

/* Makes an empty observer; its statistics begin now. */
void observer_init(struct observer *o, int64_t now_us);
void observer_free(struct observer *o);
/* Adds an ended attempt to the history, for the inspector. wait_us: until the next
 * attempt; -1: there is none, or the operator starts it. The caller fills the rest of the view:
 * when the attempt began, what it cost, whom it asked. */
struct attempt_view *observer_keep(struct observer *o, const struct attempt *a,
	const struct answer *answer, const struct verdict *v, int64_t wait_us);
/* Adds an event about one attempt, and its item, unless there were many this second. */
void observer_note(struct observer *o, const struct attempt *a, const struct item *item,
	const struct verdict *v, enum event_level level, const char *what, int64_t wall_us);

/* Where a failure happened: the item's id, and as of struct error_seen. */
struct error_where {
	const char *id;
	size_t id_len;
	const char *model, *place;
};

/* Counts a failure of the item in its error group. */
void observer_group(struct observer *o, struct item *item, const struct verdict *v,
	const struct error_where *where, int64_t wall_us);

#endif
