/* Inside of the past of a run; for the files of src/past only. */
#ifndef SLUICE_PAST_PAST_IMPL_H
#define SLUICE_PAST_PAST_IMPL_H

#include <sys/types.h>

#include "base/histogram.h"
#include "control/control.h"
#include "core/engine_internal.h"
#include "input/source.h"
#include "ledger/run_input.h"
#include "pace/lanes.h"
#include "past/past.h"
#include "past/past_figures.h"
#include "past/past_log.h"
#include "past/past_records.h"
#include "past/replay.h"
#include "plan/prices.h"

/* Why the lines of the input are not read. */
enum past_input {
	PAST_INPUT_READ,    /* they are */
	PAST_INPUT_PIPE,    /* it came through one */
	PAST_INPUT_UNKNOWN, /* no record names it */
	PAST_INPUT_MISSING, /* it is not where it was */
	PAST_INPUT_ROWS,    /* its lines become requests only with a template or a pipeline */
};

/* What the last start record says; NULL: nothing. */
struct past_start {
	struct run_input input;
	char *origin;   /* of the endpoint */
	char *folder;   /* in which the command ran */
	char **command; /* the words of the command line */
	bool cut;       /* some of the words are missing or masked */
	bool rows;      /* lines are rows of a template or a pipeline */
};

/* Records of no line of the input, by their places in results or journal; they come last. */
struct past_lost {
	struct {
		uint64_t place;
		bool ok;
	} * at;
	size_t n, fed;
	uint64_t last_line; /* of the input */
	bool found;         /* they were looked for */
};

struct past {
	struct ev_loop *loop;
	ev_idle idle;
	ev_timer tick;
	bool complete; /* every item is known */

	struct ledger *ledger;
	pid_t holder;       /* of the run that goes on; 0: none */
	bool goes_on;       /* it does, here or elsewhere */
	bool here;          /* its dashboard looks back: it is a key away */
	uint64_t bad_lines; /* of the files */
	char *results;
	char *input_at; /* where the operator says that the input is; NULL: not said */

	struct past_start start;
	struct prices prices; /* of the last session's command, for single items */

	bool settled; /* the input was looked for */
	enum past_input reads;
	struct source *source; /* NULL: none */
	struct past_records records;
	struct past_lost lost;
	struct item_counts known; /* items that ended, by the records, and those that did not */
	struct histogram latency, first_byte;
	uint64_t failures[OUTCOME_COUNT]; /* of failed items, once all are known */

	struct past_figures figures;
	struct past_log log;
	struct replay *replay; /* NULL: the run is shown as it ended. Else figures are those of */
	int64_t figures_ms;    /* this moment, -1: of the end; */
	uint64_t figures_next; /* the records that follow begin here in the journal */
	bool log_moved;        /* the log is that of a moment, */
	uint64_t log_events;   /* with so many events up to it */
	uint64_t attempts_of;  /* the line whose attempts the engine has; 0: of none */
	struct lanes *lanes;
	struct engine *engine;
	struct control *control;
	struct port run; /* of the control */
	char **next;     /* see past_next(); owned; NULL: none */
};

/* past_start.c: reads the start record of a session in place of an earlier one's. */
void past_start_read(struct past_start *s, const struct ledger_line *line);
void past_start_free(struct past_start *s);
/* The prices that its command gives. */
void past_start_prices(const struct past_start *s, struct prices *out);

/* past_input.c */
/* Is there a file that may be the input? False and err: there is not. */
bool past_input_check(const char *at, struct error *err);
/* Finds and opens the input, once the journal was read. */
void past_input_open(struct past *p);
/* Reads about this many bytes of it; all items are known when p->complete is set. */
void past_input_read(struct past *p, size_t max_bytes);

/* past_warn.c: what the note has no room for stands in the log. */
void past_warn(const struct past *p, int64_t wall_us);

/* past_snapshot.c: the port's. */
void past_snapshot(struct past *p, struct snapshot *out);

/* past_commands.c */
extern const struct command_info past_commands[];
extern const size_t past_commands_n;
void past_command(struct past *p, const struct command_request *r, struct command_reply *out);

#endif
