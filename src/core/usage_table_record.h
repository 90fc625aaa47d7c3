/* The table of usage as a record of the journal, for the next session and for views: the last such
 * record has all of the run. */
#ifndef SLUICE_CORE_USAGE_TABLE_RECORD_H
#define SLUICE_CORE_USAGE_TABLE_RECORD_H

#include "core/usage_table.h"
#include "ledger/lines.h"

struct engine;

/* Writes the table unless it is as it was, or was written less than a minute ago; now: also then.
 */
void usage_table_write(struct engine *e, bool now);
/* Sets the table to that of a record. Numbers of a file may be anything. */
void usage_table_read(struct usage_table *u, const struct ledger_line *line);

#endif
