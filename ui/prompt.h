/* A line editor for the command prompt: UTF-8, a history of this session, completion. Pure: takes
 * keys, holds text; knows no screen. */
#ifndef SLUICE_UI_PROMPT_H
#define SLUICE_UI_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

enum { PROMPT_MAX = 260, PROMPT_LEAD = 16, PROMPT_LINE = PROMPT_MAX + PROMPT_LEAD };
enum { PROMPT_HISTORY = 50, PROMPT_HINT = 1200 };

struct prompt {
	char lead[PROMPT_LEAD]; /* stands before the text, and cannot be edited: "filter " */
	char text[PROMPT_MAX];  /* UTF-8, sanitised */
	size_t cursor;          /* in bytes, before a character */
	bool selected;          /* the whole text: a character replaces it */
	char hint[PROMPT_HINT]; /* the choices of Tab, separated by blanks */
	int choice;             /* of them, the one in the text; -1: none yet */
	char killed[PROMPT_MAX];
	/* entered lines with their leads, oldest first, and the line in progress */
	char past[PROMPT_HISTORY][PROMPT_LINE], typed[PROMPT_MAX];
	size_t past_n, past_at; /* past_at = past_n: at the line being typed */
	bool searching;         /* the history, for the needle */
	char needle[64];
};

enum prompt_end {
	PROMPT_OPEN,
	PROMPT_ENTERED, /* text holds the line, and so does the history */
	PROMPT_LEFT,    /* Esc, ^C, ^G, or Backspace with nothing to erase */
	PROMPT_NOT_MINE /* the key means nothing here */
};

/* Starts with a text, the cursor after it; the history stays. */
void prompt_open(struct prompt *p, const char *text);
/* The same behind a lead, with the text selected. */
void prompt_open_after(struct prompt *p, const char *lead, const char *text);
/* Takes a key by its number in keys.h. Ignores characters that the sanitiser would change. Tab
 * completes word by word from n possible lines (texts, without the lead), and shows the choices;
 * again, it goes through them. */
enum prompt_end prompt_take(struct prompt *p, int key, const char *const *lines, size_t n);
/* The part of the text around the cursor that fits into cells, and the cell the cursor is at. */
int prompt_window(const struct prompt *p, int cells, char *out, size_t size);

#endif
