/* Inside of the runner; for runner*.c only. */
#ifndef SLUICE_SERVE_RUNNER_IMPL_H
#define SLUICE_SERVE_RUNNER_IMPL_H

#include "serve/batch_check.h"
#include "serve/batch_output.h"
#include "serve/runner.h"
#include "serve/token_turn.h"

struct control_socket;
struct session;

/* A client with batches that have not ended. */
struct runner_owner {
	TAILQ_ENTRY(runner_owner) next;
	char name[OWNER_SIZE];
	struct token_client *client; /* NULL: there are no tokens */
	int runs;                    /* of batches that have not ended */
	int places;                  /* to send, that they have */
};

TAILQ_HEAD(runner_owners, runner_owner);

/* A batch that has not ended. */
struct batch_run {
	TAILQ_ENTRY(batch_run) next; /* in the order of their making */
	struct runner *runner;
	struct batch_record *batch;
	struct runner_owner *owner;
	struct token_turn turn; /* of its session, at the owner's limits */
	char input[DISK_PATH_MAX], results[DISK_PATH_MAX];
	struct run_settings settings;
	struct endpoint_specs specs;    /* of the settings, with the models of each */
	struct session *session;        /* NULL: none now */
	struct control_socket *control; /* of it; NULL: nobody has asked for it */
	bool started;                   /* the session has turns */
	bool ended;                     /* the session has ended */
	bool draining;
	bool wants_place;  /* it could send */
	bool held;         /* by its owner's budget, as it was noted */
	bool has_ledger;   /* there may be one: files can only be made after a session's end */
	bool complete;     /* every line has ended */
	bool job;          /* one is at work for it */
	bool over;         /* to be taken out of the list */
	bool unsaved;      /* it has facts that files hold, too: they are written in a while */
	int state;         /* enum run_state of its session as it was noted */
	int failures;      /* in a row */
	double usd_before; /* of earlier sessions, at the start of this one */
	int64_t again_us;  /* not before; wall time */
	int64_t since_us;  /* the start of its session; wall time */
};

TAILQ_HEAD(batch_runs, batch_run);

/* Sizes of batches that leave places to smaller ones: see runner.c. */
enum { RUNNER_SIZES = 3 };

struct runner {
	struct runner_config config;
	struct ev_loop *loop;
	struct jobs *jobs;
	struct batch_runs runs;
	struct runner_owners owners;
	unsigned open;           /* that have not ended */
	int sessions;            /* that send now */
	int above[RUNNER_SIZES]; /* of them: with more lines than that size */
	bool draining;
	unsigned ticks;
	ev_timer kick, tick;
};

/* runner.c */
/* Looks after all batches in the loop's next turn. */
void runner_kick(struct runner *r);
/* The batch has a fact more. One that a restart finds in the files is written in a while, any other
 * now: done, unless it is NULL, is told when it is on the disk. */
void runner_note(struct batch_run *run, enum batch_fact fact, store_done *done, void *ctx);
/* Something failed that may work later: waits, longer each time. */
void runner_put_off(struct batch_run *run, const struct error *err);

/* runner_turns.c */
/* The owner of a batch that begins; and it has one fewer. */
struct runner_owner *runner_owner(struct runner *r, const char *name);
void runner_owner_left(struct runner *r, struct runner_owner *o);
/* Its share of the starts at endpoints. */
struct fair_share runner_share(const struct batch_run *run);
/* Counts a session that begins (1) or has ended (-1). */
void runner_count_session(struct batch_run *run, int n);
/* The next batch to get a free place, of those that want one; NULL: none may have one. */
struct batch_run *runner_next(const struct runner *r);
/* The batch that should give its place to one that waits; NULL: all is fair, or one stops already.
 */
struct batch_run *runner_giver(const struct runner *r);

/* runner_socket.c */
/* Before the session goes. */
void runner_close_socket(struct batch_run *run);

/* runner_session.c */
/* Starts the batch's session. False: it is put off. */
bool runner_start(struct batch_run *run);
/* Lets what is in flight finish; hurry: gives it up. */
void runner_stop(struct batch_run *run, bool hurry);
/* The session has ended: notes what has become of it, and frees it. */
void runner_reap(struct batch_run *run);
/* Notes the state of the session. */
void runner_look(struct batch_run *run);
/* The same as runner_reap() at any time. */
void runner_drop_session(struct batch_run *run);

/* runner_files.c */
void runner_check(struct batch_run *run);
void runner_make_output(struct batch_run *run);

#endif
