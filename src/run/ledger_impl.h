/* Inside of the ledger; for ledger*.c only. */
#ifndef SLUICE_RUN_LEDGER_IMPL_H
#define SLUICE_RUN_LEDGER_IMPL_H

#include "run/bumps.h"
#include "run/ledger.h"
#include "run/ledger_file.h"
#include "run/ledger_lines.h"
#include "run/ledger_sync.h"
#include "run/ledger_void.h"

struct ledger {
	struct ledger_paths paths;
	struct ledger_file results, journal;
	struct ledger_sync sync;
	uint64_t synced_end[2];    /* sizes of the files when the last sync was asked for */
	struct ledger_lines finds; /* of single records in the journal */
	struct buf learnt, start;  /* the journal's last records of these events */
	struct bumps bumps;        /* what the journal's records of event `priority` say */
	struct voids voids;        /* lines taken back, and ids in doubt, of earlier sessions */
	struct error broken;       /* the error that ended all writing; "" while there is none */
};

/* fsync() of the folder that path is in, so that names made or changed there survive a crash. */
bool ledger_sync_folder(const char *path, struct error *err);

#endif
