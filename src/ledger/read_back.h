/* Single records of the ledger read again, and the errors file, which is made of them. */
#ifndef SLUICE_LEDGER_READ_BACK_H
#define SLUICE_LEDGER_READ_BACK_H

#include "base/buf.h"
#include "ledger/ledger.h"
#include "ledger/paths.h"
#include "ledger/record.h"

/* The names of the run's files. */
const struct ledger_paths *ledger_paths_of(const struct ledger *l);
/* Replaces the errors file atomically by the records at these journal offsets, in this order; with
 * n = 0 an existing one is removed. */
bool ledger_write_errors(struct ledger *l, const uint64_t *offsets, size_t n, struct error *err);
/* Reads the record at the offset into out: its errors-file line, without newline. False when there
 * is none. wall_us, unless it is NULL, gets when it was written, 0 when that is not known. */
bool ledger_read_final(struct ledger *l, uint64_t offset, struct buf *out, int64_t *wall_us);
/* Reads the record at the offset of the journal into out, without newline. False: there is none. */
bool ledger_read_record(struct ledger *l, uint64_t offset, struct buf *out);
/* Reads the line at the offset of the results into out, without newline. False when there is none
 * that was written. */
bool ledger_read_result(struct ledger *l, uint64_t offset, struct buf *out);
/* When that line ended, which was read as this record: wall time, 0 when it is not known. */
int64_t ledger_ended(const struct ledger *l, const struct result_record *line, uint64_t offset);

#endif
