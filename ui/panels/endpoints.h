/* The endpoints of a run with several, one row each, and below each its models if it has several.
 */
#ifndef SLUICE_UI_PANELS_ENDPOINTS_H
#define SLUICE_UI_PANELS_ENDPOINTS_H

#include "panel.h"
#include "port.h"

/* The state of an endpoint and its remaining time, into out (PHRASE_SIZE bytes); returns its role.
 */
const char *endpoint_state(const struct snapshot *s, const struct endpoint_view *e, char *out);
/* Fills the panel with a row each. */
void endpoints_fill(struct panel *p, const struct snapshot *s);

#endif
