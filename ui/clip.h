/* Texts that leave the dashboard for the operator's clipboard: bounded, and without what a terminal
 * or a shell would obey when they are pasted. */
#ifndef SLUICE_UI_CLIP_H
#define SLUICE_UI_CLIP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "port.h"

/* Bytes that go into a clipboard: of what terminals take by OSC 52, the least is 74,994 characters
 * of base64 (hterm, tmux's and kitty's take more). */
enum { CLIP_MAX = 56000 };

/* Appends the command of the terminal (OSC 52) that sets the clipboard to at most CLIP_MAX bytes of
 * the text, cut at a character, without control characters but newline and tab. */
void clip_add(struct buf *out, const char *text, size_t len);
/* Appends the request as a command line of curl for a POSIX shell, its keys as variables that the
 * reader sets. False: there is no request, or it has a byte that no shell takes (NUL). */
bool clip_curl(const struct item_detail *d, struct buf *out);

#endif
