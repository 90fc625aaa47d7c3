/* Inside of the ledger, for its sources that handle more than one of the run's files. */
#ifndef SLUICE_LEDGER_LEDGER_IMPL_H
#define SLUICE_LEDGER_LEDGER_IMPL_H

#include "ledger/file.h"
#include "ledger/ledger.h"
#include "ledger/lines.h"
#include "ledger/paths.h"
#include "ledger/priority_changes.h"
#include "ledger/replay.h"
#include "ledger/seed.h"
#include "ledger/sessions.h"
#include "ledger/sync.h"
#include "ledger/voids.h"

struct ledger {
	struct ledger_paths paths;
	struct ledger_seed seed;
	struct ledger_file results, journal;
	struct sync_thread sync;
	uint64_t synced_end[2];             /* sizes of the files at the last request for a sync */
	struct ledger_lines finds;          /* of single records in the journal */
	struct ledger_lines result_finds;   /* the same in the results; no data: not begun */
	struct ledger_sessions sessions;    /* of the run, this one included once it was written */
	struct buf learned, start;          /* the journal's last records of these events */
	struct ledger_count count;          /* of good results */
	struct priority_changes priorities; /* from the journal's records of event `priority` */
	struct sent_table sent;             /* of earlier sessions */
	uint64_t added, voided;             /* results, in this session */
	struct voids voids;  /* lines taken back, and ids in doubt, of earlier sessions */
	struct error broken; /* the error that ended all writing; "" while there is none */
	unsigned forms;      /* set of enum result_form: of the lines of earlier sessions */
	uint64_t zeros;      /* bytes of them that were cut out */
	bool lost;           /* because a file was changed by another process */
	bool read_only;      /* of ledger_open_to_read() */
	bool errors_only;    /* there is no journal: the errors file is read in its place */
	bool torn;           /* a last line lacks its end */
	ledger_record_visit *on_record; /* NULL: none */
	void *on_record_ctx;
};

/* A bit in the place of a final record: it is a line of results without a journal, by another tool.
 */
#define LEDGER_IN_RESULTS (UINT64_C(1) << 47)

/* ledger.c: closes and frees, and writes nothing. */
void ledger_free(struct ledger *l);
/* cut.c: removes zeros from one of the files, from the line at `first` on; text before it stays in
 * place. */
bool ledger_cut_zeros(struct ledger *l, struct ledger_file *f, const struct ledger_form *form,
	uint64_t first, struct error *err);
/* How a file is written anew. */
struct ledger_renewal {
	/* Writes all of it, and keeps to->end; false and errno when that fails. */
	bool (*fill)(void *ctx, struct ledger_file *to);
	void *ctx;
	const char *fails; /* the error text if it fails */
};
/* renew.c: puts a new one in its place, with its rights and its lock. */
bool ledger_renew(
	struct ledger *l, struct ledger_file *f, const struct ledger_renewal *r, struct error *err);
/* sweep.c: moves the lines that were taken back into X.void.jsonl. False and err when that fails;
 * the results are as they were then. */
bool ledger_sweep_voids(struct ledger *l, struct error *err);

#endif
