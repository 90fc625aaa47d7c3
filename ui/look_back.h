/* The time bar of the dashboard: its focus, and the run's own past under it. While the dashboard of
 * a run that goes on looks back, it shows another port, that of a replay, and sends everything
 * there: no key can reach the run, but ^C and what leads back to it. */
#ifndef SLUICE_UI_LOOK_BACK_H
#define SLUICE_UI_LOOK_BACK_H

#include <stdbool.h>

struct snapshot;
struct view;

/* The command `look back|live|away`. */
void look_run(struct view *v, const char *args);
/* After each snapshot: the bar of a replay has the focus when it appears. Takes over the past that
 * was asked for, once it is there. */
void look_refresh(struct view *v);
/* Shows the run as it is now, if the dashboard looks back. */
void look_live(struct view *v);
/* Rows of the bar on a screen of so many; 0: there is none. */
int look_bar_rows(const struct view *v);
/* The run as it is now, also while the dashboard looks back. */
const struct snapshot *look_now(const struct view *v);
/* What the operator should know of the run while the dashboard looks back; "": nothing. Within out
 * (PHRASE_SIZE bytes). */
const char *look_note(const struct view *v, char *out);
/* The operator is at the keys: the run hears it, also while the dashboard looks back. */
void look_attended(const struct view *v);
/* The dashboard is closed. */
void look_close(struct view *v);

#endif
