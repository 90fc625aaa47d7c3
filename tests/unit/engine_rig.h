/* An engine on a bench: lines from memory, a scripted server, a virtual clock, a real ledger in a
 * folder of its own. */
#ifndef SLUICE_TESTS_ENGINE_RIG_H
#define SLUICE_TESTS_ENGINE_RIG_H

#include "core/engine.h"
#include "core/engine_internal.h"

enum { RIG_IN_FLIGHT = 256, RIG_SENT = 1024 };
#define RIG_KEY     "sk-rig-0123456789"
#define RIG_HEADERS "Authorization: Bearer " RIG_KEY "\nX-Team: blue\n"

struct rig {
	struct engine *engine;
	struct ledger *ledger;
	struct lane *lane[PIPELINE_MAX_STAGES]; /* the first one, or one for each stage */
	struct pipeline pipeline;
	struct stage_request request[PIPELINE_MAX_STAGES];
	struct rows *rows;
	struct port port;
	struct endpoint endpoint;
	struct buf input;
	char folder[64], results[96];
	struct attempt *attempt[RIG_IN_FLIGHT]; /* what the server has, in order of arrival */
	bool cancelled[RIG_IN_FLIGHT];
	char sent[RIG_IN_FLIGHT][RIG_SENT]; /* the bodies, cut */
	int in_flight;
	int started; /* in all */
	int64_t now_us;
	void (*adjust)(struct engine_config *config); /* NULL */
};

/* A new run in a folder of its own with this many attempts at once; 0: at the auto pace. */
void rig_open(struct rig *r, int concurrency);
/* A run of rows through a pipeline, its JSON text. */
void rig_open_pipeline(struct rig *r, int concurrency, const char *pipeline);
/* The pipeline is another one from the next rig_reopen() on. */
void rig_set_pipeline(struct rig *r, const char *pipeline);
/* The same with other settings, this time and when it is opened again. */
void rig_open_adjusted(
	struct rig *r, int concurrency, void (*adjust)(struct engine_config *config));
/* The same run once more, as after a crash: nothing of the first engine is closed properly. */
void rig_reopen(struct rig *r, int concurrency, bool retry_failed);
void rig_close(struct rig *r);
/* Removes the folder. */
void rig_remove(struct rig *r);

/* One line of input, as the source would tell it. */
void rig_feed(struct rig *r, const char *line);
/* n lines with ids prefix0, prefix1, … */
void rig_feed_many(struct rig *r, const char *prefix, int n);
void rig_feed_end(struct rig *r);
/* A turn of the loop: start, write. Returns when the engine wants to be called again. */
int64_t rig_turn(struct rig *r);
/* The server answers the oldest request it has. */
void rig_answer(struct rig *r, int status, const char *headers, const char *body);
/* The server answers the request at this place among those it has. */
void rig_answer_at(struct rig *r, int place, int status, const char *body);
/* The connection of the oldest breaks. */
void rig_break(struct rig *r, int place);
/* The oldest request ends so. */
void rig_fail(struct rig *r, enum net_result how);
/* As a chat completion that went well. */
void rig_answer_ok(struct rig *r);
/* Turns and answers ok until nothing is in flight and nothing starts; waits are skipped over. */
void rig_run_out(struct rig *r);
const struct item_counts *rig_counts(const struct rig *r);
struct command_reply rig_command(struct rig *r, const char *text);
/* Lines of a file of the run ("results", "errors", "journal") that hold the text. */
int rig_grep(const struct rig *r, const char *file, const char *text);

#endif
