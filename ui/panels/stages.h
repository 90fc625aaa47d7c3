/* The rows of the endpoints panel, which has a pipeline's stages when the run has one. */
#ifndef SLUICE_UI_PANELS_STAGES_H
#define SLUICE_UI_PANELS_STAGES_H

#include "panel.h"
#include "port.h"

/* What an endpoint does, in a word and how long it goes on, into out (PHRASE_SIZE bytes); returns
 * its role. */
const char *endpoint_state(const struct snapshot *s, const struct endpoint_view *e, char *out);
/* Fills the panel with the stages, each below those it stands behind. */
void stages_recalculate(struct panel *p, const struct snapshot *s);

#endif
