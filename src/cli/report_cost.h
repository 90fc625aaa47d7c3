/* The cost of a run in its report, by model, as the last session that ended wrote it. */
#ifndef SLUICE_CLI_REPORT_COST_H
#define SLUICE_CLI_REPORT_COST_H

#include "base/json_writer.h"
#include "cli/report.h"

/* Appends the lines of the cost; none when no price was known. */
void report_add_cost_text(const struct report_sessions *sessions, struct buf *out);
/* Adds "cost_usd" and "models". */
void report_add_cost_json(const struct report_sessions *sessions, struct json_writer *w);

#endif
