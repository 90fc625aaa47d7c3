/* The past of a run that goes on, for its dashboard: the files are read on a thread of its own, so
 * that neither the run nor the dashboard waits for them. */
#ifndef SLUICE_PAST_LOOK_BACK_H
#define SLUICE_PAST_LOOK_BACK_H

#include <ev.h>

#include "base/error.h"
#include "port.h"

struct look_back;

/* Reads nothing yet. The loop is that on which the past is shown. */
struct look_back *look_back_new(struct ev_loop *loop);
/* Waits for what is being read. */
void look_back_free(struct look_back *l);
/* Begins to read the files of these results, as they are now. */
void look_back_ask(struct look_back *l, const char *results);

enum look_back_answer { LOOK_BACK_LATER, LOOK_BACK_READY, LOOK_BACK_FAILED };
/* Was it read? The port is that of a replay that stands at the end, and valid until it is closed.
 * LOOK_BACK_FAILED: err says why. */
enum look_back_answer look_back_answer(struct look_back *l, struct port *out, struct error *err);
/* It is not shown any more, or not wanted any more. */
void look_back_close(struct look_back *l);

#endif
