/* What the operator of a service does to its batches, by keys and commands. */
#ifndef SLUICE_UI_BATCHES_H
#define SLUICE_UI_BATCHES_H

#include <stdbool.h>

struct view;

/* The command `batch open|toggle|cancel|raise|lower|weigh [N]|pause all|resume all|all`: on the
 * selected batch, or on all. What cannot be taken back is asked first. */
void batches_run(struct view *v, const char *args);
/* Does it leave the service as it is? */
bool batches_only_look(const char *args);
/* A typed command of the service that costs: asks. False: it is none, and may be sent. */
bool batches_ask_first(struct view *v, const char *text);
/* The view that is to be shown now: v itself; above it that of the batch's run that was to be
 * opened, once it is there; or the one below, when v was left. The caller shows it from scratch if
 * it is another. */
struct view *batches_view(struct view *v);

#endif
