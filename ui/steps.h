/* From item to item in the inspector, without the way back over the list. */
#ifndef SLUICE_UI_STEPS_H
#define SLUICE_UI_STEPS_H

struct view;

/* The command "item next|previous|failed": the neighbour in the list that the item was opened from
 * (from the main screen: by line), or the next item that failed, by line, around the end. */
void steps_item(struct view *v, const char *args);

#endif
