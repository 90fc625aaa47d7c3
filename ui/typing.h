/* What is typed at the command prompt. */
#ifndef SLUICE_UI_TYPING_H
#define SLUICE_UI_TYPING_H

struct view;

/* A key while the prompt is open: edits the line, runs it, or leaves. */
void typing_key(struct view *v, int key);

#endif
