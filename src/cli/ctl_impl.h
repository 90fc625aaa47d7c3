/* Shared by the files of `sluice ctl`. */
#ifndef SLUICE_CLI_CTL_IMPL_H
#define SLUICE_CLI_CTL_IMPL_H

#include "cli/batch_choice.h"
#include "cli/control_client.h"
#include "cli/ctl_text.h"
#include "cli/run_choice.h"
#include "cli/settings.h"

enum { CTL_DONE = 0, CTL_REFUSED = 1, CTL_USAGE = 2, CTL_NO_RUN = 3 };

struct ctl {
	const struct ctl_settings *s;
	struct run_choice run;
	struct batch_choice batch; /* its texts, if it is one of a service */
	bool reached;              /* it has answered before */
	const char *words; /* of the command, joined by blanks, or what stands behind a read */
	struct buf out;    /* what is to be printed */
};

/* Asks the run; a listed one that does not listen yet, and a busy one, is asked again for a while.
 * CTL_DONE when an answer of status 200 is there, a valid JSON text unless on_data() took it; else
 * an exit code, which ctl_complain() explains. Release r either way. */
int ctl_try(struct ctl *c, struct control_request *r);
/* Says why there was no good answer. */
void ctl_complain(const struct ctl *c, const struct control_request *r);
/* GET of a path, encoded; complains. */
int ctl_get(struct ctl *c, const char *path, struct control_request *r);
/* Prints c->out and empties it. False when nobody reads it any more, or it cannot be written, which
 * was said; *code is then the exit code. */
bool ctl_print(struct ctl *c, int *code);

/* The reads, each in ctl_NAME.c but for three in ctl_reads.c. They leave what is to be printed in
 * c->out and return the exit code; what went wrong was said. */
int ctl_items(struct ctl *c);
int ctl_item(struct ctl *c);
int ctl_events(struct ctl *c);
int ctl_snapshot(struct ctl *c);
int ctl_errors(struct ctl *c);
int ctl_commands(struct ctl *c);
int ctl_batches(struct ctl *c);
int ctl_clients(struct ctl *c);

#endif
