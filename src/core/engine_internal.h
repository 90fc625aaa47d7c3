/* The engine's insides, for its own files only: engine.c (what starts), engine_answer.c (what comes
 * of answers), engine_cost.c (what they cost), intake.c (lines, replay), recorder.c
 * (records), lifecycle.c (stops), inspect.c (an item's texts again), view.c and
 * rows.c (the port), item_actions.c and command*.c (the operator). Files with a header of
 * their own: reuse.c and reuse_waiters.c (answers used again), pack_work.c (--pack),
 * engine_stages*.c (pipelines, stages.h). */
#ifndef SLUICE_CORE_ENGINE_INTERNAL_H
#define SLUICE_CORE_ENGINE_INTERNAL_H

#include "api/body_sink.h"
#include "base/idmap.h"
#include "base/rng.h"
#include "input/source.h"
#include "pace/estimate.h"
#include "pace/why.h"
#include "core/budget.h"
#include "control/bulk.h"
#include "ledger/priority_changes.h"
#include "core/engine.h"
#include "core/error_groups.h"
#include "core/events.h"
#include "core/early_abort.h"
#include "core/items.h"
#include "ledger/record.h"
#include "core/history.h"
#include "control/query.h"
#include "ledger/result_line.h"
#include "core/retry.h"
#include "core/route.h"
#include "core/scheduler.h"
#include "plan/secrets.h"
#include "core/stats.h"

enum engine_mode { MODE_RUNNING, MODE_PAUSED, MODE_DRAINING, MODE_STOPPING };

enum {
	ATTEMPT_MODEL_SIZE = 48,
	ENGINE_STARTS = 256, /* of requests, at most, in one turn: it stays short */
};

struct reuse; /* reuse.h */

struct attempt {
	struct attempt *prev, *next; /* in flight, oldest first; next also links the free ones */
	struct transfer *transfer;
	uint32_t item;
	uint32_t task; /* of a pipeline's stage, see stages.h; else ITEM_NONE */
	int route;
	bool cancel_item; /* the operator wants the item itself cancelled */
	int64_t started_us;
	struct lane_ticket ticket;
	const struct provider *provider; /* whose answer it is */
	struct spending spending;        /* estimated */
	size_t prompt_bytes;
	struct hash128 line_hash;
	bool keyed; /* its answer may be used again, under this key */
	struct hash128 key;
	struct buf id, metadata;
	char model[ATTEMPT_MODEL_SIZE];
	struct secrets secrets;     /* of its request's own headers and URL */
	struct body_sink sink;      /* streaming.c: takes the answer when it is a stream */
	struct assembly *assembly;  /* NULL until one was */
	struct stream_times *times; /* borrowed from the statistics */
	size_t max_response;
	/* --pack: the attempt whose transfer it shares, itself when it is the one; NULL: it is no
	 * item to be packed. The next that shares it, and how many do. */
	struct attempt *pack, *pack_next;
	int packed;
};

/* The next item, ready to go as soon as the lane lets it. */
struct prepared {
	bool there;
	bool looked; /* whether there is an answer already; see reuse.h */
	bool keyed;  /* a stage's request has this key */
	struct hash128 key;
	uint32_t item;
	uint32_t task; /* as of an attempt */
	double tokens; /* estimated cost */
	struct spending spending;
	char model[ATTEMPT_MODEL_SIZE];
	struct buf text; /* its line; the spans point into it, */
	struct buf made; /* or into what the template made of it */
	struct request_line line;
};

/* Empty: nothing is there. */
void prepared_init(struct prepared *p);
void prepared_free(struct prepared *p);

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

/* The item that was looked at last: its line, its id, the record of its end. */
struct look {
	struct buf text, made, id, record;
	struct request_line line; /* its spans point into text or made */
	bool edited;              /* the line is not there any more: another one is */
};

struct engine {
	struct engine_config config;
	char run_name[sizeof(((struct snapshot *)0)->run_name)];
	struct engine_ops ops;
	void *ctx;
	struct ledger *ledger;
	struct record_keys keys;  /* of the run's seed: for ids, */
	struct hash_key line_key; /* for lines */
	struct routes routes;
	struct request request; /* the one that is being started */
	struct engine_clock clock;

	struct reuse *reuse; /* NULL: no answer is used again */
	struct items items;
	struct scheduler scheduler;
	struct idmap by_id; /* record_id_key() to item */
	struct prepared prepared;
	struct attempt *oldest, *newest, *free_attempts;
	uint32_t in_flight;
	struct packing *packing; /* NULL: no items are packed */
	uint32_t riders;         /* of the attempts in flight, those in another one's request */

	struct idmap ended_by_id; /* record_id_key() to ended[], until the input is read */
	struct ended *ended;
	uint32_t n_ended, cap_ended;
	struct item_counts resumed;

	struct pending_queue results, finals;
	uint64_t results_added, journal_added;
	struct final_record *final;
	size_t n_final, cap_final;

	uint64_t held_by_hand; /* of the held ones */
	uint32_t *held; /* set aside because the endpoint refuses us; some may have left by hand */
	size_t first_held, n_held, cap_held;
	int64_t parked_since_us;
	enum outcome parked_outcome;                  /* of the last one held */
	struct first_errors first_errors[ROUTES_MAX]; /* of each stage; else one */
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
	struct query query; /* of the port's rows */
	struct bulk bulk;
	struct priority_log bump_log; /* changes of priorities that are to be written */
	bool reorder; /* queued items have other priorities than they were queued with */
	struct look look;
	struct stages *stages; /* of a pipeline; NULL: items are requests */

	uint64_t doubtful; /* items that ended with an answer which may be another's */
	uint32_t *redo;    /* of them, those to be asked again */
	size_t n_redo, cap_redo;
};

/* recorder.c */
void journal_event(struct engine *e, enum journal_kind kind, const struct buf *fields);
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

/* engine_answer.c: counts a failure of the item in its error group. */
void engine_group_failure(struct engine *e, uint32_t item, const struct verdict *v, const char *id,
	size_t id_len, int64_t wall_us);
/* Held items go back to the queue, one of them or all. */
bool engine_release_one(struct engine *e);
uint64_t engine_release_held(struct engine *e);
/* Releases them once the endpoint answers again; a headless run does not wait for ever. */
void engine_mind_held(struct engine *e);

/* How things stood when an answer came. */
struct standing {
	bool limited;    /* the answer is a limit's refusal */
	int64_t wait_us; /* what another item of the same request waits; 0: there is none yet */
	bool parked;     /* the endpoint was set aside already */
	bool tail;       /* nothing else is left of the run that could show who is at fault */
};

/* What an answered attempt cost, and whether its content is as expected: the verdict's last word.
 */
void engine_settle(
	struct engine *e, struct attempt *a, const struct answer *answer, struct verdict *v);
/* What becomes of its item; the attempt is gone then. */
void engine_attempt_ended(struct engine *e, struct attempt *a, const struct answer *answer,
	const struct verdict *v, const struct standing *when);
/* Keeps it for looking at. wait_us: until the next attempt; -1: there is none, or not by itself. */
void engine_keep_attempt(struct engine *e, const struct attempt *a, const struct answer *answer,
	const struct verdict *v, int64_t wait_us);
/* An event about a single attempt, unless there were many this second. */
void engine_note_attempt(struct engine *e, const struct attempt *a, const struct verdict *v,
	enum event_level level, const char *what);

/* engine_doubt.c */
/* What an attempt's request cost beyond it, since it left several times. */
void engine_count_resent(struct engine *e, const struct attempt *a, const struct answer *answer);
/* An item was taken up as an earlier session left it: perhaps in doubt. */
void engine_doubt_take_up(struct engine *e, uint32_t item);
/* An item is asked. If an earlier session had it in doubt, it is asked as one that is redone, and
 * of the new answer there is no doubt. */
void engine_doubt_anew(struct engine *e, uint32_t item, const struct request_line *line,
	const char *id, size_t len);
/* Queues items again whose answers are in doubt, as far as they have ended. */
void engine_redo_doubtful(struct engine *e);

/* engine_cost.c */
/* What it really cost: as told, and of an answer that was paid for as estimated where it does not
 * tell. */
struct spending engine_cost(const struct attempt *a, const struct verdict *v);
/* Settles it with the budget and the estimates; the verdict gets what was estimated. */
void engine_settle_cost(struct engine *e, const struct attempt *a, struct verdict *v);

/* engine.c */
/* What its retries are counted in: the item itself or, of a pipeline, its task. */
struct item *engine_unit(const struct engine *e, const struct attempt *a);
/* Estimates what the prepared request will cost. */
void engine_estimate(struct engine *e, struct prepared *p);
/* Sends the prepared request over a route; returns how many more items went with it. */
int engine_start(struct engine *e, struct prepared *p, int way);
/* Would the next request pass the budget? Then either an answer may make room (true, and *bound
 * says so), or the run drains. */
bool engine_over_budget(struct engine *e, const struct prepared *p, enum bound *bound);
/* Why nothing starts although there would be room. */
enum bound engine_bound_without_work(const struct engine *e);
/* Reads the next ready item's line into e->prepared; false when there is none. */
bool engine_prepare(struct engine *e);
/* An attempt of what was prepared, in flight from then on, without a transfer yet. */
struct attempt *engine_attempt_begin(struct engine *e, struct prepared *p, int way);
/* Requests under way: fewer than attempts when items share them. */
static inline int engine_requests(const struct engine *e)
{
	return (int)(e->in_flight - e->riders);
}
/* The lane that the operator's commands about limits go to. */
struct lane *engine_lane(const struct engine *e);
void engine_attempt_drop(struct engine *e, struct attempt *a);
int64_t engine_now(struct engine *e);

/* lifecycle.c */
void engine_stop(struct engine *e, enum engine_mode mode, const char *why);
/* Is all that is left held by the operator's hand? */
bool engine_only_by_hand(const struct engine *e);
/* Such a headless run has nobody to release them: it stops. */
void engine_mind_by_hand(struct engine *e);

/* item_actions.c: what the operator does to an item, in whatever state it is. */
/* The verdict on an item that the operator cancelled and no answer tells of. */
extern const struct verdict engine_cancelled;
enum item_action {
	ACTION_CANCEL,
	ACTION_RETRY,
	ACTION_HOLD,
	ACTION_RELEASE,
	ACTION_BUMP /* done by engine_bump() */
};
/* NULL when it was done, else why not: static text that follows "item X ". */
const char *engine_act(struct engine *e, enum item_action action, uint32_t item);
/* Raises the item's priority by so much, lowers it below 0; as far as there are priorities. */
const char *engine_bump(struct engine *e, uint32_t item, int by);
/* Writes what was changed so; to be called behind the last engine_bump() of a command or step. */
void engine_bumped(struct engine *e);
/* Would the action read the item's line? */
bool engine_act_reads(enum item_action action, const struct item *item);
/* Sets the item, which is in no queue and no heap, aside by the operator's hand. */
void engine_hold_by_hand(struct engine *e, uint32_t item);

/* The attempt of an item in flight; NULL. */
struct attempt *engine_attempt_of(const struct engine *e, uint32_t item);

/* intake.c: the item of an id, of an input line; ITEM_NONE. */
uint32_t engine_find(struct engine *e, const char *id, size_t len);
uint32_t engine_item_of_line(const struct engine *e, uint64_t line);

/* item_line.c: the item's line again. False when it cannot be read or is another one: the run
 * stops. */
bool engine_line_fetch(struct engine *e, uint32_t item, struct buf *out);
/* The item's line is another one: what is in flight finishes, then the run ends as failed. */
void engine_line_edited(struct engine *e, uint32_t item);

/* inspect.c: the id of an item as text, read from its line again. */
bool engine_item_id(struct engine *e, uint32_t item, struct buf *id);
/* The id of a line that is no request: its own custom_id when it has one, else its number. */
void engine_bad_line_id(
	const struct engine *e, const char *text, size_t len, uint64_t number, struct buf *id);
/* Reads the item's line into e->look; false when it is no request: it has an id all the same, but
 * not its own when look.edited says that another line is there. */
bool engine_look(struct engine *e, uint32_t item);
void engine_look_model(const struct look *look, char *out, size_t size);
/* Reads the record of a failed or cancelled item's end into e->look.record; wall_us, unless it is
 * NULL, gets its time. */
bool engine_look_final(struct engine *e, uint32_t item, int64_t *wall_us);
/* Counts what failed in earlier sessions in the error groups, step by step. */
bool engine_has_to_regroup(const struct engine *e);
void engine_regroup(struct engine *e, int64_t units);
/* Code and message of what its last attempt failed of, of its record or its group; "" when that is
 * not known or it did not. */
void engine_look_error(struct engine *e, uint32_t item, struct verdict *v);
/* For queries over the engine's items. */
struct query_reader engine_reader(struct engine *e);

#endif
