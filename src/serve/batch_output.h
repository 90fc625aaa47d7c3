/* Makes the files that a client gets of the ledger of a batch that has ended. A job: it reads and
 * writes files of any size. Made again, they are the same. */
#ifndef SLUICE_SERVE_BATCH_OUTPUT_H
#define SLUICE_SERVE_BATCH_OUTPUT_H

#include "serve/disk.h"
#include "serve/jobs.h"
#include "serve/kind.h"
#include "serve/record.h"

/* A file to be made, in a folder of its own or in the batch's. */
struct output_file {
	char folder[DISK_PATH_MAX]; /* "": there is none, its lines go to the other one */
	char name[32];
	struct file_record *record; /* its meta.json is written from this; NULL: it has none */
	uint64_t bytes, lines;      /* out; without lines there is no file */
};

struct batch_output {
	struct job job; /* first */
	/* in; borrowed until done */
	const struct batch_kind *kind;
	char batch[SERVE_ID_SIZE];
	char input[DISK_PATH_MAX], results[DISK_PATH_MAX], errors[DISK_PATH_MAX];
	uint64_t lines; /* of the input; 0: not known */
	bool expired;   /* why lines have not ended; else the batch was cancelled */
	struct output_file ok, failed;
	/* out */
	struct batch_counts counts;
	struct batch_usage usage;
	bool broken; /* the disk failed: try again */
	struct error err;
	void *ctx; /* the caller's */
};

/* The work() of its job. */
void batch_output_work(struct job *job);

#endif
