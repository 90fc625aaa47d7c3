/* `sluice export`: the answers of a run, finished or not, as a table, lines, texts or files. */
#ifndef SLUICE_EXPORT_EXPORT_H
#define SLUICE_EXPORT_EXPORT_H

#include <stdint.h>

#include "base/error.h"
#include "export/settings.h"

enum export_end {
	EXPORT_DONE,
	EXPORT_REFUSED,    /* nothing was written: usage, or a file that cannot be read */
	EXPORT_NO_RUN,     /* there are no such results */
	EXPORT_NOT_WRITTEN /* the output could not be written; a file is not there then */
};

/* What came of it, for the operator. */
struct export_summary {
	uint64_t items;               /* written */
	uint64_t failed, cancelled;   /* items that --state left out */
	uint64_t ok;                  /* the same of those that are ok */
	int64_t unfinished;           /* -1: not known */
	uint64_t lost;                /* items whose line the input has no more */
	uint64_t changed;             /* rows that changed since they were asked */
	uint64_t first_changed;       /* the line of the first of them */
	uint64_t unreadable;          /* records that the files have no more */
	uint64_t bad_lines;           /* lines of the files that are no records */
	uint64_t long_cells;          /* cells that a spreadsheet cuts off */
	const char *unfound;          /* a field that no item has, owned; NULL */
	bool is_table, running, torn; /* running: the run goes on */
};

/* Exports. begun, unless it is NULL, is called with the name of the file that is being made, and
 * with NULL when that has gone, for signal handlers. err has the reason when it fails; it is ""
 * when nobody reads the output any more. export_summary_free() in any case. */
enum export_end export_run(const struct export_settings *settings,
	void (*begun)(const char *temporary), struct export_summary *out, struct error *err);
void export_summary_free(struct export_summary *s);

/* The format of a file by its name, JSONL when that does not say. */
enum export_format export_format_of(const char *path);

#endif
