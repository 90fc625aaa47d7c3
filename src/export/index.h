/* Where the record of each item is: an index over the files of a run, 16 bytes an item beside the
 * map of ids, which goes when the index is put in order. No body is kept. */
#ifndef SLUICE_EXPORT_INDEX_H
#define SLUICE_EXPORT_INDEX_H

#include "base/idmap.h"
#include "base/keyed_hash.h"
#include "export/settings.h"
#include "ledger/lines.h"
#include "ledger/record.h"
#include "ledger/run_files.h"
#include "ledger/run_input.h"
#include "ledger/seed.h"
#include "ledger/sessions.h"
#include "ledger/voids.h"

enum record_file { IN_RESULTS, IN_JOURNAL, IN_ERRORS, RECORD_FILES };

struct index_entry {
	uint64_t offset : 48; /* of the record's line */
	uint64_t file : 2;    /* enum record_file */
	uint64_t state : 3;   /* ITEM_OK, ITEM_FAILED or ITEM_CANCELLED */
	uint64_t bad : 1;     /* its input line was no request: it has no id of its own */
	uint64_t keyed : 1;   /* line_mark was made with the run's secret */
	uint64_t joined : 1;  /* the input has its line */
	uint64_t gone : 1;    /* it counts no more */
	uint32_t line;        /* of the input, as the record has it, or as it is now when joined */
	uint32_t line_mark;   /* lower half of the line's hash; 0: not known */
};

struct export_index {
	struct index_entry *entry;
	uint32_t n, cap, bad; /* bad: how many were of bad lines */
	int64_t *ended_us;    /* by entry: when it ended, for the order of ending; NULL: not kept */
	uint32_t *order;      /* entries in the order of the export; NULL before index_order() */
	struct idmap by_id;   /* record_id_key() or record_bad_line_key() to an entry */
	struct record_keys keys;
	struct ledger_seed seed;
	struct hash_key line_key;
	struct voids voids;
	struct ledger_sessions sessions;
	struct run_input input; /* by the journal's last start record */
	int64_t total;          /* items in all, by the last stop record; -1: not known */
	uint64_t bad_lines;     /* lines that are no records */
	bool torn;              /* a last line is being written, or was cut off by a crash */
	struct ledger_lines lines[RECORD_FILES]; /* for index_read_record() */
	int fd[RECORD_FILES];
};

/* Reads the files. times: keep when items ended. False and err on a read error. index_free() in any
 * case. */
bool index_read(
	struct export_index *x, const struct run_files *files, bool times, struct error *err);
void index_free(struct export_index *x);

/* The entry of an item by its id, and that of a bad line by its number; NULL: none. */
struct index_entry *index_by_id(struct export_index *x, const char *id, size_t len);
struct index_entry *index_by_bad_line(struct export_index *x, uint64_t line);
/* Was the item's record made of this line? Unless the hash is known, yes. */
bool index_is_of_line(
	const struct export_index *x, const struct index_entry *e, const char *line, size_t len);
/* Without the input: a bad line whose number an item has that is ok was mended since. */
void index_drop_mended(struct export_index *x);
/* Puts the entries in order, those that the input lacks last. No entry can be found by its id or
 * added after that. */
void index_order(struct export_index *x, enum export_order order);

/* Reads a record: its line of results or errors, borrowed until the next call. False when the file
 * has it no more. */
bool index_read_record(struct export_index *x, const struct index_entry *e, struct json_span *out);

#endif
