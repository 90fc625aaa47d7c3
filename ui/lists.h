/* The tables of the dashboard as texts, for man pages and completions. */
#ifndef SLUICE_UI_LISTS_H
#define SLUICE_UI_LISTS_H

/* Each calls visit for all of its kind; the texts are borrowed for the call. */
void ui_each_theme(void (*visit)(void *ctx, const char *name), void *ctx);
void ui_each_role(void (*visit)(void *ctx, const char *name), void *ctx);
/* The standard keys: those that do the same, such as "j Down", together; group by group. */
void ui_each_key(
	void (*visit)(void *ctx, const char *group, const char *keys, const char *help), void *ctx);
void ui_each_command(void (*visit)(void *ctx, const char *usage, const char *help), void *ctx);

#endif
