/* The files of a run, opened only to be read, also while the run goes on: no lock, no change. */
#ifndef SLUICE_LEDGER_RUN_FILES_H
#define SLUICE_LEDGER_RUN_FILES_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "ledger/paths.h"

struct run_files {
	struct ledger_paths paths;
	int results, journal, errors; /* descriptors; -1: there is none */
	pid_t holder;                 /* of the run that writes them now; 0: none */
};

/* Opens the files that belong to these results. False and err when there are no such results
 * (missing is true then), or when one of the files is not of sluice. run_files_close() in any case.
 */
bool run_files_open(struct run_files *f, const char *results, bool *missing, struct error *err);
void run_files_close(struct run_files *f);

#endif
