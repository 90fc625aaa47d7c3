/* One append-only file of the ledger: lines are gathered, then written where the last write ended,
 * so that a short write goes on in the middle of its line. Everything here is called from the
 * loop's thread. */
#ifndef SLUICE_LEDGER_FILE_H
#define SLUICE_LEDGER_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"

struct ledger_file {
	int fd;
	const char *path;   /* borrowed */
	bool created;       /* by this opening */
	uint64_t end;       /* file size: bytes in the kernel */
	struct buf pending; /* gathered lines; the first `done` bytes are written */
	size_t done;
	size_t line_at;          /* in pending: where the line being gathered begins */
	uint64_t added, written; /* whole lines */
};

/* What a file must hold to be taken for one of ours. */
struct ledger_form {
	const char *head; /* how every line of ours begins */
	bool (*is_line)(const char *text, size_t len);
	const char *what; /* "results of sluice" */
};
extern const struct ledger_form ledger_results_form, ledger_journal_form;

/* Opens or creates (0600) it for reading and appending; nothing in it changes. */
bool ledger_file_open(struct ledger_file *f, const char *path, struct error *err);
void ledger_file_close(struct ledger_file *f);
/* False when the first line shows that the file is something else; advice ends the message. */
bool ledger_file_check_form(int fd, const char *path, const struct ledger_form *form,
	const char *advice, struct error *err);
/* Cuts what a crash left behind the last whole line: half a line, blocks of zeros. A last line that
 * lacks only its newline gets it; one that has zeros before or behind it stays for
 * ledger_cut_zeros(). Sets f->end. */
bool ledger_file_repair(struct ledger_file *f, const struct ledger_form *form, struct error *err);
/* Is what stands from there to the end a line of ours? */
bool ledger_file_holds(const struct ledger_file *f, uint64_t from, const struct ledger_form *form);
/* Is there space for more than a few lines? Only a full disk or used up quota says no. */
bool ledger_file_has_space(const struct ledger_file *f);

/* Takes the exclusive lock; false when another process has it, which err then names. */
bool ledger_file_lock(const struct ledger_file *f, struct error *err);
/* Who holds the lock of the file at fd; 0: nobody, or not known. Takes no lock itself. */
pid_t ledger_file_holder(int fd);

/* Once it is locked: what is at its path, as long as it is now. */
bool ledger_file_settle(struct ledger_file *f, struct error *err);
/* Is the file as long as it was written? Asked before each write: one that goes on behind a
 * truncation would hide it, by a hole of zeros. */
bool ledger_file_is_whole(const struct ledger_file *f);
/* The same, and is it the one at its path? False and err with what became of it. */
bool ledger_file_check(const struct ledger_file *f, struct error *err);

/* Begins a line: the caller appends its parts to the buffer, without newline, then ends it. Returns
 * its offset in the file. */
uint64_t ledger_file_begin(struct ledger_file *f);
/* Line breaks inside become spaces: a line is a line. */
void ledger_file_end(struct ledger_file *f);
/* Writes what was gathered. 0, or the errno of the write that failed; what was written before it
 * counts. */
int ledger_file_flush(struct ledger_file *f);
size_t ledger_file_unwritten(const struct ledger_file *f);

#endif
