/* One append-only file of the ledger: lines are gathered, then written where the last write ended,
 * so that a short write continues in the middle of its line. Everything here is called from the
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

/* The content by which sluice recognises its own file. */
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
/* Cuts the remains of a crash after the last whole line: half a line, blocks of zeros. A last line
 * that lacks only its newline gets it; one with zeros before or after it stays for
 * ledger_cut_zeros(). Sets f->end. */
bool ledger_file_repair(struct ledger_file *f, const struct ledger_form *form, struct error *err);
/* Is the text from there to the end a line of sluice? */
bool ledger_file_holds(const struct ledger_file *f, uint64_t from, const struct ledger_form *form);
/* Is there space for more than a few lines? False only for a full disk or an exhausted quota. */
bool ledger_file_has_space(const struct ledger_file *f);

/* Takes the exclusive lock; false when another process has it, which err then names. */
bool ledger_file_lock(const struct ledger_file *f, struct error *err);
/* The pid that holds the lock of the file at fd; 0: nobody, or unknown. Takes no lock itself. */
pid_t ledger_file_holder(int fd);

/* Notes the identity and size of the locked file. */
bool ledger_file_settle(struct ledger_file *f, struct error *err);
/* Does the file still have its written length? To be checked before each write: a write after a
 * truncation would hide it with a hole of zeros. */
bool ledger_file_is_whole(const struct ledger_file *f);
/* The same, and is it still the file at its path? False and err with the reason. */
bool ledger_file_check(const struct ledger_file *f, struct error *err);

/* Begins a line: the caller appends its parts to the buffer, without newline, then ends it. Returns
 * its offset in the file. */
uint64_t ledger_file_begin(struct ledger_file *f);
/* Line breaks inside become spaces: a line is a line. */
void ledger_file_end(struct ledger_file *f);
/* Writes the gathered lines. 0, or the errno of the failed write; bytes written before it count. */
int ledger_file_flush(struct ledger_file *f);
size_t ledger_file_unwritten(const struct ledger_file *f);

#endif
