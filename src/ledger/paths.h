/* The names of a run's files. */
#ifndef SLUICE_LEDGER_PATHS_H
#define SLUICE_LEDGER_PATHS_H

struct ledger_paths {
	char *results, *errors, *journal, *voided; /* owned */
};

/* From the results path: "x.jsonl" gives "x.errors.jsonl", "x.journal" and "x.void.jsonl"; without
 * that ending theirs are appended. */
void ledger_paths_init(struct ledger_paths *p, const char *results);
void ledger_paths_free(struct ledger_paths *p);

#endif
