/* What belongs to the process and not to one of its runs: the clock, the keys that commands gave,
 * and for each endpoint and key the lanes and the connections. Runs that ask the same endpoint with
 * the same key share them. */
#ifndef SLUICE_SESSION_PROCESS_H
#define SLUICE_SESSION_PROCESS_H

#include <ev.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "base/run_clock.h"
#include "net/transport.h"
#include "pace/lanes.h"
#include "plan/key_source.h"

struct process;

/* A run, as the process knows it; a member of the run. */
struct process_run {
	TAILQ_ENTRY(process_run) next;
	const void *run;       /* its name in lanes and transports */
	struct ev_timer *wake; /* ends the loop's sleep, so that the run has a turn */
};

/* A process without runs, on a loop that outlives it. Free it with process_free(), after its runs.
 */
struct process *process_new(struct ev_loop *loop);
/* NULL is fine. */
void process_free(struct process *p);

/* The process is a service: it goes on without runs, and keeps lanes and connections, with what
 * they learned, for the next ones; of those that no run uses the last 64. */
void process_remain(struct process *p);
/* Is it one? Then its runs' lines are of clients, who do not read its messages. */
bool process_remains(const struct process *p);

struct ev_loop *process_loop(const struct process *p);
/* The clock of all runs; borrowed. */
struct run_clock *process_clock(struct process *p);

/* The keys that its runs know: a command that one of them ran need not run for the next one. */
struct key_sources *process_keys(struct process *p);

/* A run begins to have turns. */
void process_add(struct process *p, struct process_run *run);
/* The run has none any more; the last run breaks the loop, but for a service's. It may have ended
 * the watch of the clock for its last work, which others need. Once for each process_add(). */
void process_remove(struct process *p, struct process_run *run);
/* The run has a turn soon. */
void process_wake(struct process *p, struct process_run *run);
/* The run had a turn: wakes the runs that may start now because of it. */
void process_turned(struct process *p, const struct process_run *run);
/* A run has left its lanes: whoever waited for it may start. */
void process_left(struct process *p);
/* Can an endpoint be asked now, as far as the process knows? Not while the breakers of all lanes
 * that it has are open. */
bool process_can_ask(const struct process *p);
/* To be called about ten times a second by every run. */
void process_tick(struct process *p, int64_t now_us);

/* The lanes of an endpoint: those that a run has with the same identity, else `own`, which belong
 * to the process from then on. identity: a text that names endpoint and key; the process keeps only
 * a hash of it. When others are returned, `own` stays the caller's. */
struct lanes *process_take_lanes(
	struct process *p, const char *identity, size_t len, struct lanes *own);
/* False when the process does not have them: they are the caller's. */
bool process_drop_lanes(struct process *p, struct lanes *lanes);

/* The transport of requests with this config and callback: one that a run has, or a new one. NULL
 * and err as transport_new(). */
struct transport *process_take_transport(struct process *p, const struct transport_config *config,
	transport_done *done, struct error *err);
/* The run needs the transport no more: ends its requests without callbacks. */
void process_drop_transport(struct process *p, struct transport *t, const void *run);

#endif
