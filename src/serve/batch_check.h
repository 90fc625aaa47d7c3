/* Checks the input of a batch and makes of it the lines that are sent. A job: it reads and writes
 * files of any size. */
#ifndef SLUICE_SERVE_BATCH_CHECK_H
#define SLUICE_SERVE_BATCH_CHECK_H

#include <stdint.h>

#include "base/error.h"
#include "serve/disk.h"
#include "serve/jobs.h"
#include "serve/kind.h"
#include "serve/scout.h"

/* Errors of one batch that are listed. */
enum { BATCH_FAULTS_MAX = 100 };

struct runner;

struct batch_check {
	struct job job; /* first */
	/* in; borrowed until done */
	const struct batch_kind *kind;
	struct kind_rules rules;
	uint64_t lines_max;         /* 0: any number */
	size_t line_max;            /* bytes; 0: what a ledger takes */
	char source[DISK_PATH_MAX]; /* the client's input */
	char input[DISK_PATH_MAX];  /* to be made: whole, or not there */
	/* out */
	uint64_t lines;    /* requests in it */
	uint64_t n_faults; /* all or nothing: with one of them there is no input */
	struct buf faults; /* the first of them, a JSON array */
	/* Models that no endpoint has reported, when one may have them by now. */
	struct scout_names unknown;
	bool failed; /* the disk did: try again */
	bool ended;  /* the service ends before it is known: try again with the next one */
	struct error err;
	void *ctx; /* the caller's */
	/* of runner_check_input() */
	struct runner *runner;
	void (*checked)(struct job *job);
	struct catalog *catalog;
	struct scout_names asked;
	int rounds;
};

/* The work() of its job. Free what it made with batch_check_clear(). May be done again after that.
 */
void batch_check_work(struct job *job);
void batch_check_clear(struct batch_check *c);

#endif
