/* The engine's insides, for its own files only: engine.c (what starts), engine_answer.c (what comes
 * of answers), engine_cost.c (what they cost), intake.c (lines, replay), recorder.c
 * (records), lifecycle.c (stops), inspect.c (an item's texts again), verbs.c (what the
 * operator does to items). Files with a header of their own: reuse.c and reuse_waiters.c (answers
 * used again), pack_work.c (--pack), engine_stages*.c (pipelines, stages.h). */
#ifndef SLUICE_CORE_ENGINE_INTERNAL_H
#define SLUICE_CORE_ENGINE_INTERNAL_H

#include <sys/queue.h>

#include "api/body_sink.h"
#include "base/idmap.h"
#include "base/rng.h"
#include "input/source.h"
#include "pace/estimate.h"
#include "pace/why.h"
#include "core/budget.h"
#include "ledger/priority_changes.h"
#include "core/engine.h"
#include "core/error_groups.h"
#include "core/events.h"
#include "core/early_abort.h"
#include "core/items.h"
#include "ledger/record.h"
#include "core/history.h"
#include "core/inspect.h"
#include "ledger/result_line.h"
#include "core/retry.h"
#include "core/route.h"
#include "core/work.h"
#include "plan/secrets.h"
#include "core/stats.h"
#include "core/verbs.h"

enum engine_mode { MODE_RUNNING, MODE_PAUSED, MODE_DRAINING, MODE_STOPPING };

enum {
	RUN_NAME_SIZE = 160,
	FIGURES_MAX = 8,
	ENGINE_STARTS = 256, /* of requests, at most, in one turn: it stays short */
};

struct attempt {
	TAILQ_ENTRY(attempt) in_flight; /* oldest first; also links the free ones */
	struct transfer *transfer;
	struct task task;
	uint32_t item; /* that the task works for */
	int route;
	bool cancel_item; /* the operator wants the item itself cancelled */
	int64_t started_us;
	struct lane_ticket ticket;
	const struct provider *provider; /* whose answer it is */
	struct spending spending;        /* estimated */
	size_t prompt_bytes;
	struct hash128 line_hash;
	bool has_key; /* its request has this key: another with it asks the same */
	struct hash128 key;
	struct buf id, metadata;
	char model[MODEL_SIZE];
	struct secrets secrets;     /* of its request's own headers and URL */
	struct body_sink sink;      /* streaming.c: takes the answer when it is a stream */
	struct assembly *assembly;  /* NULL until one was */
	struct stream_times *times; /* borrowed from the statistics */
	size_t max_response;
	/* Several may share a request: whose transfer it is, itself when it is the one; NULL: it is
	 * not to be shared. The next that shares it, and how many do. */
	struct attempt *leader, *next_member;
	int members;
};

TAILQ_HEAD(attempts, attempt);

/* Items whose final record is added to the ledger and not yet known to be in the kernel, in order
 * of adding. `seq` is the record's number among its file's records. */
struct pending {
	uint64_t seq;
	uint32_t item;
	uint8_t state, outcome;
	bool reused; /* without an attempt */
};

struct pending_queue {
	struct pending *ring;
	size_t head, len, cap; /* cap is a power of two */
};

/* Where the journal has an item's final record; of several the last counts. */
struct final_record {
	uint64_t offset;
	uint32_t item;
};

/* An item that an earlier session ended. */
struct ended {
	uint64_t offset;    /* of its record in results (ok) or journal */
	uint32_t line_hash; /* the lower half, to be small; 0: not known */
	uint16_t attempts;
	uint8_t state : 7, keyed : 1; /* the hash is under the run's seed */
	uint8_t outcome;
};

/* A count that a source of work keeps, for the record of the session's end. */
struct figure {
	const char *name;
	const uint64_t *n;
};

struct engine {
	struct engine_config config;
	char run_name[RUN_NAME_SIZE];
	struct engine_ops ops;
	void *ctx;
	struct ledger *ledger;
	struct record_keys keys;  /* of the run's seed: for ids, */
	struct hash_key line_key; /* for lines */
	struct routes routes;
	struct request request; /* the one that is being started */

	struct work *work; /* owned */
	struct items items;
	struct queue *queue[ROUTES_MAX]; /* of the work; later ones go first */
	int n_queues;
	struct queue *entry;  /* where new items go; not among those when tasks are no items */
	bool tasks_are_items; /* else an item takes several, whose answers are recorded one by one
			       */
	uint64_t apart; /* queued items that stand in no queue: they wait for another's answer */
	uint64_t unwritten; /* tasks that wait for the journal to be written */
	struct figure figure[FIGURES_MAX];
	int n_figures;
	struct idmap by_id; /* record_id_key() to item */
	struct attempts attempts, free_attempts;
	uint32_t in_flight;
	uint32_t sharing; /* of the attempts in flight, those in another one's request */

	struct idmap ended_by_id; /* record_id_key() to ended[], until the input is read */
	struct ended *ended;
	uint32_t n_ended, cap_ended;
	struct item_counts resumed;

	struct pending_queue results, finals;
	uint64_t results_added, journal_added;
	struct final_record *final;
	size_t n_final, cap_final;

	uint64_t held_by_hand;   /* of the held ones */
	int64_t parked_since_us; /* when a task was first held of those refused now; 0: none is */
	enum outcome parked_outcome; /* of the last task held */
	struct estimate estimate;
	struct budget budget;
	int64_t odd_usage_us; /* when a strange usage was last told; 0: never */
	int64_t learnt_us;    /* when what the lane learnt was last written */

	enum engine_mode mode;
	bool retries_go_on; /* of a pause: only items that were never sent wait for its end */
	bool interactive;
	bool disk_full, input_ended, quit_asked, ended_logged;
	bool at_once;   /* a third interrupt: do not wait for anything */
	char note[200]; /* why the run stopped or pauses */
	bool failed;    /* ended by an error: exit 4 */
	bool refused;   /* see engine_refused() */
	uint64_t bytes_read;
	int64_t bytes_total;
	int64_t now_us, wall_us; /* of the last call */

	struct rng rng;
	struct stats stats;
	struct why why;
	struct events events;
	int64_t event_second; /* of the last attempt events, which are limited in number */
	int event_count;
	struct buf line, scratch; /* records under construction */
	struct buf made;          /* of the line that is being fed, by the template */

	struct error_groups groups;
	uint32_t regrouped; /* items looked at for groups of earlier sessions */
	struct past_attempts past;
	struct bump_log bump_log; /* changes of priorities that are to be written */
	bool reorder;          /* queued items have other priorities than they were queued with, */
	bool bumping;          /* and more of them will */
	struct item_text look; /* of the item that was read last */

	uint64_t doubtful; /* items that ended with an answer which may be another's */
	uint32_t *redo;    /* of them, those to be asked again */
	size_t n_redo, cap_redo;
};

/* recorder.c */
void journal_event(struct engine *e, const char *event, const struct buf *fields);
void journal_attempt(
	struct engine *e, const struct attempt *attempt, const struct verdict *v, int64_t wait_us);
/* An operator's command and what came of it. */
void journal_command(struct engine *e, const char *text, const char *reply);
/* The item is done for: its line goes to results (ok) or journal; its state follows once the kernel
 * has it. */
void record_final(struct engine *e, uint32_t item, enum item_state state,
	const struct result_item *result, const struct answer *a, const struct verdict *v);
void record_requeued(struct engine *e, const char *id, size_t id_len);
/* Where an earlier session left the item's final record. */
void record_known(struct engine *e, uint32_t item, uint64_t journal_offset);

/* What the lane changed, into events and journal. */
void journal_changes(struct engine *e);
/* What the lane learnt, for a warm start on resume: once a minute, and at the end. */
void journal_learnt(struct engine *e, bool at_end);
/* Takes up what an earlier session learnt of the route's endpoint. */
void journal_warm_start(struct engine *e, const struct route *route);

/* engine.c */
/* The lane that the operator's commands about limits go to. */
struct lane *engine_lane(const struct engine *e);
/* One more queue of the work, which must outlive the engine's use of it. entry: new items go there;
 * sends: its tasks are sent, before those of queues that were added earlier. */
void engine_add_queue(struct engine *e, struct queue *q, bool entry, bool sends);
/* The record of the session's end tells this count, unless it is 0 then. Both are borrowed; at most
 * FIGURES_MAX. */
void engine_add_figure(struct engine *e, const char *name, const uint64_t *n);

/* cost.c */
/* What it really cost: as told, and of an answer that was paid for as estimated where it does not
 * tell. */
struct spending engine_cost(const struct attempt *a, const struct verdict *v);
/* Settles it with the budget and the estimates; the verdict gets what was estimated. */
void engine_settle_cost(struct engine *e, const struct attempt *a, struct verdict *v);

/* lifecycle.c */
void engine_stop(struct engine *e, enum engine_mode mode, const char *why);
/* Is all that is left held by the operator's hand? */
bool engine_only_by_hand(const struct engine *e);

/* intake.c: the item of an id, of an input line; ITEM_NONE. */
uint32_t engine_find(struct engine *e, const char *id, size_t len);
uint32_t engine_item_of_line(const struct engine *e, uint64_t line);

/* item_line.c: the item's line again. False when it cannot be read or is another one: the run
 * stops. */
bool engine_line_fetch(struct engine *e, uint32_t item, struct buf *out);
/* The item's line is another one: what is in flight finishes, then the run ends as failed. */
void engine_line_edited(struct engine *e, uint32_t item);

#endif
