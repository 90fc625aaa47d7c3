/* The ledger of a run that is only looked at. ledger_replay() and the readers work as always. */
#ifndef SLUICE_LEDGER_OPEN_TO_READ_H
#define SLUICE_LEDGER_OPEN_TO_READ_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

struct ledger;

/* Opens the files of a run only to read them, also while the run goes on: no lock is taken, nothing
 * is created, repaired or written, and whatever is added stays in memory. Without a journal the
 * errors file stands for it. NULL and err when there are no such results (*missing is true then),
 * or when one of the files is not of sluice. *holder: the pid of the run that writes them now; 0:
 * none. */
struct ledger *ledger_open_to_read(
	const char *results, bool *missing, pid_t *holder, struct error *err);

#endif
