/* The dashboard on a terminal: view, terminal and the timers between them. */
#ifndef SLUICE_UI_TUI_H
#define SLUICE_UI_TUI_H

#include "base/error.h"
#include "ui.h"

struct tui;

/* NULL and err when the terminal cannot be used. */
struct tui *tui_new(struct ev_loop *loop, const struct port *port, const struct ui_config *config,
	struct error *err);
/* What was asked for has come: it is drawn soon. */
void tui_news(struct tui *t);
/* Gives the terminal back. */
void tui_free(struct tui *t);

#endif
