/* What is done to items from the lists: at once to the one that is selected, after a question to
 * more. */
#ifndef SLUICE_UI_ACTIONS_H
#define SLUICE_UI_ACTIONS_H

struct item_row;
struct view;

/* The item that keys of the screen act on, as it was seen last; NULL: none is selected. */
const struct item_row *actions_item(const struct view *v);

/* Verbs are "retry", "cancel", "hold", "release", "raise" and "lower", the last two with a number
 * behind them or not. The selected item of the screen, the tagged items or the selected group of
 * errors. */
void actions_selected(struct view *v, const char *verb);
/* All items of the list; on screens without a filter: retry those that failed, cancel the run. */
void actions_matching(struct view *v, const char *verb);
/* Opens the selected item, or the items of the selected group of errors. */
void actions_inspect(struct view *v, const char *args);
/* Does what was asked last. */
void actions_yes(struct view *v, const char *args);

#endif
