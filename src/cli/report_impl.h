/* Parts of the report. Private to report*.c. */
#ifndef SLUICE_CLI_REPORT_IMPL_H
#define SLUICE_CLI_REPORT_IMPL_H

#include "base/json_writer.h"
#include "cli/report.h"
#include "ledger/lines.h"

/* Counts an attempt record of the journal. */
void report_errors_attempt(struct report *r, const struct ledger_line *line, struct buf *scratch);
/* Counts an item whose line is no request: it has no attempt. */
void report_errors_bad_line(struct report *r, struct json_span line,
	const struct result_record *item, struct buf *scratch);
/* Counts a failed item of an errors file: without a journal its last error is all that is known. */
void report_errors_item(struct report *r, struct json_span line, const struct result_record *item,
	struct buf *scratch);
/* Append the commonest errors: a line for each kind, or the member "errors". */
void report_errors_text(struct report *r, struct buf *out);
void report_errors_json(struct report *r, struct json_writer *w);

#endif
