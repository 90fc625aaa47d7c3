/* A line editor for the command prompt: UTF-8, a history of this session, completion. Pure: takes
 * keys, holds text; knows no screen. */
#ifndef SLUICE_UI_PROMPT_H
#define SLUICE_UI_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

enum { PROMPT_MAX = 260, PROMPT_HISTORY = 50 };

struct prompt {
	char text[PROMPT_MAX]; /* UTF-8, sanitised */
	size_t cursor;         /* in bytes, before a character */
	char hint[PROMPT_MAX]; /* what Tab could not choose between: words with blanks between */
	/* what was entered, oldest first, and the line that is being typed meanwhile */
	char past[PROMPT_HISTORY][PROMPT_MAX], typed[PROMPT_MAX];
	size_t past_n, past_at; /* past_at = past_n: at the line being typed */
};

enum prompt_end {
	PROMPT_OPEN,
	PROMPT_ENTERED, /* text holds the line, and so does the history */
	PROMPT_LEFT,    /* Esc, ^C, or Backspace with nothing to erase */
	PROMPT_NOT_MINE /* the key means nothing here */
};

/* Starts with a text, the cursor behind it; the history stays. */
void prompt_open(struct prompt *p, const char *text);
/* Takes a key as keys.h numbers them. Characters the sanitiser would change are left out. Tab
 * completes word by word from n lines that may be typed. */
enum prompt_end prompt_take(struct prompt *p, int key, const char *const *lines, size_t n);
/* The part of the text around the cursor that fits into cells, and the cell the cursor is at. */
int prompt_window(const struct prompt *p, int cells, char *out, size_t size);

#endif
