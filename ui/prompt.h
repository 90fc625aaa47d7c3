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
	char hint[PROMPT_MAX]; /* the choices of Tab, separated by blanks */
	/* entered lines, oldest first, and the line in progress */
	char past[PROMPT_HISTORY][PROMPT_MAX], typed[PROMPT_MAX];
	size_t past_n, past_at; /* past_at = past_n: at the line being typed */
};

enum prompt_end {
	PROMPT_OPEN,
	PROMPT_ENTERED, /* text holds the line, and so does the history */
	PROMPT_LEFT,    /* Esc, ^C, or Backspace with nothing to erase */
	PROMPT_NOT_MINE /* the key means nothing here */
};

/* Starts with a text, the cursor after it; the history stays. */
void prompt_open(struct prompt *p, const char *text);
/* Takes a key by its number in keys.h. Ignores characters that the sanitiser would change. Tab
 * completes word by word from n possible lines. */
enum prompt_end prompt_take(struct prompt *p, int key, const char *const *lines, size_t n);
/* The part of the text around the cursor that fits into cells, and the cell the cursor is at. */
int prompt_window(const struct prompt *p, int cells, char *out, size_t size);

#endif
