/* Inside of the ledger; for ledger*.c only. */
#ifndef SLUICE_LEDGER_LEDGER_IMPL_H
#define SLUICE_LEDGER_LEDGER_IMPL_H

#include "ledger/priority_changes.h"
#include "ledger/ledger.h"
#include "ledger/file.h"
#include "ledger/lines.h"
#include "ledger/sync.h"
#include "ledger/void.h"

/* The run's secret, and where it begins: hashes of lines that stand before are not with it. */
struct ledger_seed {
	struct hash_key key;
	uint64_t results_from, journal_from;
};

struct ledger {
	struct ledger_paths paths;
	struct ledger_seed seed;
	struct ledger_file results, journal;
	struct ledger_sync sync;
	uint64_t synced_end[2];    /* sizes of the files when the last sync was asked for */
	struct ledger_lines finds; /* of single records in the journal */
	struct buf learnt, start;  /* the journal's last records of these events */
	struct ledger_count count; /* of good results */
	struct bumps bumps;        /* what the journal's records of event `priority` say */
	struct voids voids;        /* lines taken back, and ids in doubt, of earlier sessions */
	struct error broken;       /* the error that ended all writing; "" while there is none */
	uint64_t zeros;            /* bytes of them that were cut out */
	bool lost;                 /* it is that a file is not what was written any more */
};

/* cut.c: cuts zeros out of one of the files, from the line at `first` on; what stands before
 * stays where it is. */
bool ledger_cut_zeros(struct ledger *l, struct ledger_file *f, const struct ledger_form *form,
	uint64_t first, struct error *err);
/* How a file is written anew. */
struct ledger_renewal {
	/* Writes all of it, and keeps to->end; false and errno when that fails. */
	bool (*fill)(void *ctx, struct ledger_file *to);
	void *ctx;
	const char *fails; /* what cannot be done then */
};
/* renew.c: puts a new one in its place, with its rights and its lock. */
bool ledger_renew(
	struct ledger *l, struct ledger_file *f, const struct ledger_renewal *r, struct error *err);
/* watch.c: is the file as long as it was written? Asked before each write: one that goes on
 * behind a truncation would hide it, by a hole of zeros. */
bool ledger_file_is_whole(const struct ledger_file *f);
/* What every call answers once the ledger is broken. */
enum ledger_status ledger_broken(const struct ledger *l, struct error *err);
/* fsync() of the folder that path is in, so that names made or changed there survive a crash. */
bool ledger_sync_folder(const char *path, struct error *err);

/* seed.c: takes the seed from the journal, or makes one. */
bool ledger_seed_find(struct ledger *l, struct error *err);
/* What a record at this offset of results or journal says of its line, if the seed is its own. */
static inline struct hash128 ledger_known_hash(
	struct hash128 h, uint64_t offset, uint64_t seeded_from)
{
	return line_hash_has_key(h) && offset < seeded_from ? (struct hash128){0, 0} : h;
}

#endif
