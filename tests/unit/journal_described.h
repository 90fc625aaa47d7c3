/* Does the table of journal events describe every record of a journal that a test made? */
#ifndef SLUICE_TESTS_JOURNAL_DESCRIBED_H
#define SLUICE_TESTS_JOURNAL_DESCRIBED_H

/* Asserts it; a journal that is not there has none. */
void journal_is_described(const char *path);

#endif
