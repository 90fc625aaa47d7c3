/* Text as a word for a shell. */
#ifndef SLUICE_BASE_SHELL_H
#define SLUICE_BASE_SHELL_H

#include "base/buf.h"

/* Appends the text in single quotes, within which a shell obeys nothing. */
void shell_add_quoted(struct buf *out, const char *text, size_t len);
/* Appends the word as it is where a shell takes it so, else in quotes. */
void shell_add_word(struct buf *out, const char *word);

#endif
