/* An engine on a bench: lines from memory, a scripted server, a virtual clock, a real ledger in a
 * folder of its own. rig.c has its life, lines and time, rig_server.c the server, rig_view.c what
 * came of it, rig_store.c a cache of memory. Of the tests only rig_view.c knows the engine's
 * insides. */
#ifndef SLUICE_TESTS_RIG_H
#define SLUICE_TESTS_RIG_H

#include "api/body_sink.h"
#include "control/control.h"
#include "core/doubt.h"
#include "core/engine.h"
#include "core/intake.h"
#include "core/lifecycle.h"
#include "core/work.h"
#include "flow/stage_request.h"
#include "work/answer_store.h"
#include "pace/lanes.h"

enum { RIG_IN_FLIGHT = 256, RIG_SENT = 1024, RIG_FOLDER = 64, RIG_STORED = 2048 };
#define RIG_KEY     "sk-rig-0123456789"
#define RIG_HEADERS "Authorization: Bearer " RIG_KEY "\nX-Team: blue\n"
/* What rig_answer_ok() answers to a chat completion. */
#define RIG_ANSWER                                                                                 \
	"{\"id\":\"c\",\"choices\":[{\"message\":{\"content\":\"\"}}],\"usage\":{"                 \
	"\"prompt_tokens\":3,\"completion_tokens\":4}}"

/* A chat completion that says this; a refusal that no retry helps. */
#define RIG_CHAT(text)                                                                             \
	"{\"n\":7,\"choices\":[{\"message\":{\"content\":\"" text "\"}}],\"usage\":{"              \
	"\"prompt_tokens\":3,\"completion_tokens\":4}}"
#define RIG_REFUSED "{\"error\":{\"message\":\"no such model\",\"code\":\"bad\"}}"

/* A cache of memory, which stays from rig to rig. */
struct rig_store {
	struct rig_stored {
		struct hash128 key;
		char body[256];
	} at[RIG_STORED];
	int n;
	int asked, kept;    /* how often */
	bool forgets_later; /* it forgets in its own time, which has not come */
};

/* One of several endpoints. */
struct rig_endpoint {
	const char *name; /* NULL: the end of the list */
	double weight;
	const char *models, *fallback; /* NULL: none */
};

struct rig_options {
	int concurrency;                      /* attempts at once; 0: at the auto pace */
	const struct rig_endpoint *endpoints; /* NULL: there is one, "default" */
	const char *pipeline; /* a name in tests/data/pipelines; NULL: lines are requests */
	int max_attempts;     /* 0: 3 */
	int pack;             /* items that may share a request; 0: none */
	double pack_tokens;   /* of such a request; 0: no bound */
	bool dedupe, retry_doubtful;
	double rpm;                   /* 0: no limit */
	const struct rig *beside;     /* shares the lanes of this one, which stays open; NULL */
	struct rig_store *cache;      /* NULL */
	struct work *(*source)(void); /* a made-up source of work; NULL: as the options say */
	void (*adjust)(struct engine_config *config); /* for all else; NULL */
};

/* Options for rig_open(): RIG(.concurrency = 4). */
#define RIG(...) (&(const struct rig_options){__VA_ARGS__})

/* A request that the server has. */
struct rig_call {
	struct attempt *attempt;
	int route;                    /* over which it came */
	const struct body_sink *sink; /* who takes its answer as a stream; NULL */
	bool cancelled;
	bool embeddings;     /* it asks for these */
	char sent[RIG_SENT]; /* its body, cut */
};

struct rig {
	struct rig_options options; /* to be changed for the next rig_reopen() */
	struct engine *engine;      /* NULL: closed */
	struct work *work;          /* the engine's */
	struct control *control;
	struct ledger *ledger;
	struct lanes *lanes[PIPELINE_MAX_STAGES]; /* of each endpoint or stage, */
	struct lane *lane[PIPELINE_MAX_STAGES];   /* and the first of them */
	struct pipeline pipeline;
	struct stage_request request[PIPELINE_MAX_STAGES];
	struct rows *rows; /* NULL: there is no pipeline */
	struct port port;
	struct endpoint endpoint;
	struct answer_store store;
	struct buf input;
	uint64_t lines; /* of it */
	char folder[RIG_FOLDER], results[RIG_FOLDER + 16];
	struct rig_call call[RIG_IN_FLIGHT]; /* in order of arrival */
	int in_flight;
	int started; /* in all */
	int64_t now_us;
	struct rig *other; /* was opened beside this one; NULL */
	struct snapshot view;
};

/* ---- its life ---- */

/* A new run in a folder of its own. The rig that was open before is no more. It must outlive the
 * test. */
void rig_open(struct rig *r, const struct rig_options *options);
/* A pipeline with four attempts at once for each stage and rows i0, i1, …, after the first turn. */
void rig_open_rows(struct rig *r, const char *pipeline, int rows);
/* The same run once more, as after a crash: nothing of the first engine is closed properly. */
void rig_reopen(struct rig *r, bool retry_failed);
/* The same, with its rows. */
void rig_reopen_rows(struct rig *r, int rows, bool retry_failed);
/* Ends the engine as a crash does; the files stay. */
void rig_close(struct rig *r);
/* For one more watcher of the rig that is open. */
struct control_config rig_control_config(bool read_only);
/* A fixture's end: closes the rig that is open, if any is, and removes its folder. Asserts that its
 * books balance. */
void rig_tear_down(void);

/* ---- lines and time ---- */

/* One line of input, as the source would tell it. */
void rig_feed(struct rig *r, const char *line);
/* One that is too long to be kept. */
void rig_feed_too_long(struct rig *r, size_t len);
/* n lines with ids prefix0, prefix1, … */
void rig_feed_many(struct rig *r, const char *prefix, int n);
/* The same, where lines that are `different` lines apart ask the same. */
void rig_feed_same(struct rig *r, const char *prefix, int n, int different);
/* A chat completion with this body and these members behind the URL: "" or ",…". */
void rig_feed_chat(struct rig *r, const char *id, const char *members, const char *body);
void rig_feed_embedding(struct rig *r, const char *id, const char *model, const char *text);
/* Embeddings e<from> to e<to - 1> with the numbers as texts. */
void rig_feed_numbers(struct rig *r, int from, int to);
/* A pipeline's row: {"custom_id":"i0","title":"Ti0","id":"i0"}. */
void rig_feed_row(struct rig *r, const char *id);
/* Rows i0, i1, … and the input's end, and the first turn. */
void rig_feed_rows(struct rig *r, int n);
void rig_feed_end(struct rig *r);
/* The first place of a line that holds this text, as the engine reads it again; to be edited. */
char *rig_line(struct rig *r, uint64_t line, const char *text);

/* A turn of the loop: start, write. Returns when the engine wants to be called again. */
int64_t rig_turn(struct rig *r);
/* Turns until something is in flight, waits are skipped; false when nothing starts any more. */
bool rig_await(struct rig *r);
/* Turns and answers ok until nothing is in flight and nothing starts; waits are skipped. */
void rig_run_out(struct rig *r);
struct command_reply rig_command(struct rig *r, const char *text);

/* ---- the server ---- */

/* What the engine does over it. */
extern const struct engine_ops rig_ops;
/* Answers the oldest request. */
void rig_answer(struct rig *r, int status, const char *headers, const char *body);
/* Answers the request at this place. */
void rig_answer_at(struct rig *r, int place, int status, const char *body);
/* The connection of the request at this place breaks. */
void rig_break(struct rig *r, int place);
/* The oldest request ends so. */
void rig_fail(struct rig *r, enum net_result how);
/* The request at this place ends so. */
void rig_answer_with(struct rig *r, int place, const struct answer *a);
/* Answers the oldest one well: an embedding is the number that its text holds, and costs ten
 * tokens. */
void rig_answer_ok(struct rig *r);
/* The oldest request sends this, and is answered by a model; what follows may start. */
void rig_step(struct rig *r, const char *sent, const char *answer);
/* How many embeddings the oldest request asks for. */
int rig_together(struct rig *r);

/* ---- what came of it ---- */

/* The port's snapshot of now; valid until the next one. */
const struct snapshot *rig_view(struct rig *r);
const struct item_counts *rig_counts(struct rig *r);
/* Of the item of a line. */
struct item_row rig_row(struct rig *r, uint64_t line);
int rig_priority(struct rig *r, uint64_t line);
/* The id of the request at this place, or of the first item in it; until the next call. */
const char *rig_id(struct rig *r, int place);
/* Lines of a file of the run ("results", "errors", "journal") that hold the text. */
int rig_grep(const struct rig *r, const char *file, const char *text);
/* Asserts that the engine's books balance. */
void rig_check(const struct rig *r);

/* For the rig's own files: its wall clock, the store as the engine sees it. */
int64_t rig_wall_us(const struct rig *r);
struct answer_store rig_store_ops(struct rig_store *s);

#endif
