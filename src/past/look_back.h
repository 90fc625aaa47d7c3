/* The past of a run that goes on, for its dashboard: the files are read on a thread of its own, so
 * that neither the run nor the dashboard waits for them. */
#ifndef SLUICE_PAST_LOOK_BACK_H
#define SLUICE_PAST_LOOK_BACK_H

#include <ev.h>

#include "base/error.h"
#include "port.h"

struct look_back;

/* Reads nothing yet. The loop is that on which the past is shown. results: borrowed; NULL: as the
 * snapshot of the run names them. */
struct look_back *look_back_new(struct ev_loop *loop, const char *results);
/* Waits for what is being read. */
void look_back_free(struct look_back *l);
/* For the dashboard: the port stands at the end of what the files have. */
struct replay_source look_back_source(struct look_back *l);

#endif
