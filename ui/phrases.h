/* The snapshot's numbers as text, shared by panels, plain lines and the summary. Each fills out
 * (PHRASE_SIZE bytes) and returns it. */
#ifndef SLUICE_UI_PHRASES_H
#define SLUICE_UI_PHRASES_H

#include <stdbool.h>
#include <stdint.h>

#include "port.h"

enum { PHRASE_SIZE = 512, PHRASE_ERROR_CELLS = 240 };

/* Items that ended: ok, failed and cancelled. */
uint64_t phrase_done(const struct item_counts *c);
/* Items that failed and may be asked again: a line that is wrong itself fails again. */
uint64_t phrase_retryable(const struct snapshot *s);
/* The run is over, ended or stopped. */
bool phrase_over(const struct snapshot *s);
/* Items ended of the (estimated) total; 100 only when it is so. */
int phrase_percent(const struct snapshot *s);
/* "10000", "~10000" while it is an estimate, "?" while nothing is known. */
const char *phrase_total(const struct snapshot *s, char *out);
/* Answers that were used again: "812 cached, 40 shared"; "" when none was. */
const char *phrase_reused(const struct snapshot *s, char *out);
/* The same, and how many items shared a request: "812 cached, 31.5 to a request"; "". */
const char *phrase_saved(const struct snapshot *s, char *out);
/* The name of the endpoint that limits are shown of; "" when there is one only. */
const char *phrase_chosen(const struct snapshot *s);
/* The bound of sending now, for the adaptive pace its belief, and the shares of the last minute as
 * far as they fit into this many cells: "limit about 50/s, 1m: adaptive 93% conc 7%". Of a run that
 * is over, the shares alone; "-" when nothing bound it. */
const char *phrase_bound(const struct snapshot *s, int cells, char *out);
/* The state, and who caused it where nothing can start: "RUNNING", "HELD by you"; "REPLAY 14:02:11
 * HELD" of a replay. */
const char *phrase_state(const struct snapshot *s, char *out);
/* The n largest shares from 1 % on, "-" when there is none. */
const char *phrase_shares(const double share[BOUND_COUNT], int n, char *out);
/* "until 14:02:11" of a held run whose hold has a known end; "". */
const char *phrase_until(const struct snapshot *s, char *out);
/* "14:02:11" in local time. */
const char *phrase_time(int64_t wall_us, char *out);
/* "14:02:11 text"; the level as a word in front of the text when it is more than information. */
const char *phrase_event(const struct event *e, char *out);
/* "12 times 5xx server (503), last item p-17: Overloaded", cut to PHRASE_ERROR_CELLS. */
const char *phrase_error(const struct error_group *g, char *out);
/* A time that is left in whole seconds, rounded up: 0:00 is over. */
int64_t phrase_left(int64_t us);
/* Does a hold last until a probe is answered, so that its end is not known? */
bool phrase_probes(int64_t now_us, int64_t hold_until_us);
/* A note on the state for the operator: a hold with its end, the engine's note, the end of the run;
 * "" when there is none. */
const char *phrase_note(const struct snapshot *s, char *out);
/* The host and path of a base URL, without its scheme. */
const char *phrase_endpoint(const struct snapshot *s);

/* In place of rows and texts that were asked for and have not come. */
extern const char phrase_late[];

#endif
