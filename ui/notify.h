/* What an operator who looks elsewhere is told: the title of the terminal's window, and news of a
 * run that ends, is held for long or waits for the operator. Pure. */
#ifndef SLUICE_UI_NOTIFY_H
#define SLUICE_UI_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "port.h"
#include "ui.h"

enum { NOTIFY_TEXT = 320 };

struct notify {
	int64_t held_since_us, held_last_us; /* 0: not held */
	bool told_hold, told_waiting, told_end;
};

/* Takes a new snapshot in. True when there is news: a line in out (NOTIFY_TEXT bytes). Each end,
 * hold of more than a minute and wait for the operator is news once. */
bool notify_news(struct notify *n, const struct snapshot *s, char *out);
/* "62% sluice day.jsonl", with the state unless the run is running; within out (NOTIFY_TEXT
 * bytes). */
const char *notify_title(const struct snapshot *s, char *out);
/* Appends the bytes that tell news in this way: a bell, and a message (OSC 9) where the terminal
 * takes commands with a text. */
void notify_add(struct buf *out, enum ui_notify how, bool takes_text, const char *news);

#endif
