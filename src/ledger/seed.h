/* The run's secret: made by its first session, kept in the start records of its journal. */
#ifndef SLUICE_LEDGER_SEED_H
#define SLUICE_LEDGER_SEED_H

#include "base/error.h"
#include "ledger/file.h"
#include "ledger/line_hash.h"

/* The seed, and the offset from which on lines are hashed with it. */
struct ledger_seed {
	struct hash_key key;
	uint64_t results_from, journal_from;
};

/* Takes the seed from the journal, or makes one. False and err on a read error. */
bool ledger_seed_find(struct ledger_seed *seed, const struct ledger_file *results,
	const struct ledger_file *journal, struct error *err);
/* The line hash of a record at this offset of results or journal, if it was made with this seed. */
static inline struct hash128 ledger_known_hash(
	struct hash128 h, uint64_t offset, uint64_t seeded_from)
{
	return line_hash_has_key(h) && offset < seeded_from ? (struct hash128){0, 0} : h;
}

#endif
