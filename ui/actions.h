/* Actions on items of the lists: at once on the selected item, after a question on several. */
#ifndef SLUICE_UI_ACTIONS_H
#define SLUICE_UI_ACTIONS_H

#include <stdbool.h>

struct item_row;
#include <stdint.h>

struct view;

/* The item that keys of the screen act on, as it was seen last; NULL: none is selected. */
const struct item_row *actions_item(const struct view *v);

/* Asks; v->question.command is what "yes" sends. */
void actions_ask(struct view *v, const char *note, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Verbs are "retry", "cancel", "hold", "release", "raise" and "lower", the last two with an
 * optional number. Acts on the selected item of the screen, the tagged items or the selected group
 * of errors. */
void actions_selected(struct view *v, const char *verb);
/* All items of the list; on screens without a filter: retry the failed items, cancel the run. */
void actions_matching(struct view *v, const char *verb);
/* Opens the selected item, or the items of the selected group of errors. */
void actions_inspect(struct view *v, const char *args);
/* A key that ends the run asks first, but in the dialog that is about it. False: the command is
 * another one, and may be sent. */
bool actions_ask_key(struct view *v, const char *command);
/* A typed command of the engine that acts on more than one item: asks, with their number. False: it
 * is none, and may be sent. */
bool actions_ask_first(struct view *v, const char *text);
/* Confirms the open question. */
void actions_yes(struct view *v, const char *args);

/* Asks whether a run of the past goes on by this command of its port, and shows what that runs. */
void actions_ask_again(struct view *v, const char *text);

/* The body of an item's request was edited, in the copy at that path: asks whether it shall be
 * sent.
 */
void actions_ask_resend(struct view *v, uint64_t line, const char *id, const char *copy);

#endif
