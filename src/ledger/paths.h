/* The names of a run's files. */
#ifndef SLUICE_LEDGER_PATHS_H
#define SLUICE_LEDGER_PATHS_H

struct ledger_paths {
	char *results, *errors, *journal; /* owned */
};

/* From the results path: "x.jsonl" gives "x.errors.jsonl" and "x.journal"; without that ending they
 * are appended. */
void ledger_paths_init(struct ledger_paths *p, const char *results);
void ledger_paths_free(struct ledger_paths *p);

#endif
