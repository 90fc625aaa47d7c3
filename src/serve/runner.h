/* Runs the batches of a store: checks their input, gives each a run of the process in its turn, and
 * makes their files. A batch that ends does so by facts that are on the disk before anybody is
 * told: after a kill at any moment the next process goes on from there.
 *
 *    source -> (check) -> input.jsonl -> waits in line -> a run with its ledger -> output files */
#ifndef SLUICE_SERVE_RUNNER_H
#define SLUICE_SERVE_RUNNER_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "plan/settings.h"
#include "serve/store.h"

struct port;
struct process;
struct scout;
struct token_book;
struct upstream;
struct runner;

/* Texts are borrowed and outlive it. */
struct runner_config {
	struct process *process;
	struct store *store;
	const struct run_settings *run; /* of every batch, but for its files */
	const char *default_model;      /* NULL: none */
	const struct upstream *upstream;
	struct scout *scout;
	struct token_book *book; /* limits of the owners; NULL: there are none */
	uint64_t lines_max;      /* of a batch; 0: any number */
	size_t line_max;         /* bytes of a line */
	int at_once;             /* batches that send at the same time */
	int64_t keep_us; /* files that say nothing else, and ended batches, go so long after; 0:
			  * never
			  */
	void (*changed)(void *ctx, const struct batch_record *b); /* it has another state */
	/* The state of its run has changed while it sends; note says why, and may be "". */
	void (*noted)(void *ctx, const struct batch_record *b, const char *state, const char *note);
	/* A session of the batch ends: its port is there for the last time. */
	void (*counted)(void *ctx, const struct batch_record *b, const struct port *port);
	void (*idle)(void *ctx); /* after runner_drain(): all runs ended */
	void *ctx;
};

/* Goes on with the batches of the store that have not ended. NULL and err. */
struct runner *runner_new(
	struct ev_loop *loop, const struct runner_config *config, struct error *err);
/* Waits for its jobs, and notifies the waiters. */
void runner_settle(struct runner *r);
/* Ends runs at once; what is in flight is asked again by the next process. NULL is fine. */
void runner_free(struct runner *r);

/* A batch was added to the store. */
void runner_add(struct runner *r, struct batch_record *b);
/* Starts a check for a batch that is still to be added; see batch_check.h. The service's rules are
 * added to the caller's, and models that no endpoint has reported are asked for; when that cannot
 * be, because the service ends, the check says so. */
struct batch_check;
void runner_check_input(struct runner *r, struct batch_check *c);
/* Does another job in the threads of the runner. */
void runner_job(struct runner *r, struct job *job);
/* The owner cancels the batch, which has not ended: what is in flight finishes, what was answered
 * is kept. done is called when the wish is on the disk. */
void runner_cancel(struct runner *r, struct batch_record *b, store_done *done, void *ctx);
/* The batch, which has not ended, has other marks now (paused, raised, its weight), or its owner
 * has another weight: what is in its record is followed. */
void runner_steer(struct runner *r, struct batch_record *b);
void runner_steer_all(struct runner *r);
/* The counts of the batch now. */
void runner_counts(const struct batch_record *b, struct batch_counts *out);
/* Batches that have not ended. */
unsigned runner_open(const struct runner *r);
/* Starts nothing more; what is in flight finishes, then idle() is called, on the loop. The second
 * call gives up what is in flight. */
void runner_drain(struct runner *r);

#endif
