#include "prompt.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "base/text.h"
#include "keys.h"

void prompt_open_after(struct prompt *p, const char *lead, const char *text)
{
	snprintf(p->lead, sizeof(p->lead), "%s", lead);
	text_sanitise(p->text, sizeof(p->text), text, strlen(text));
	p->cursor = strlen(p->text);
	p->past_at = p->past_n;
	p->hint[0] = '\0';
	p->choice = -1;
	p->searching = false;
	p->selected = *lead && *text;
}

void prompt_open(struct prompt *p, const char *text)
{
	prompt_open_after(p, "", text);
}

/* The character at a byte and its cells. */
static size_t character(const char *at, int *cells)
{
	uint32_t code = 0;
	size_t n = text_utf8(at, strlen(at), &code);

	*cells = code < 0x80 ? 1 : wcwidth((wchar_t)code);
	return n ? n : 1;
}

/* Combining marks belong to the character before them. */
static size_t next_character(const char *text, size_t at)
{
	int cells = 0;

	while (text[at]) {
		at += character(text + at, &cells);
		if (!text[at])
			break;
		character(text + at, &cells);
		if (cells != 0)
			break;
	}
	return at;
}

static size_t character_before(const char *text, size_t at)
{
	size_t last = 0;

	for (size_t i = 0; i < at; i = next_character(text, i))
		last = i;
	return last;
}

static size_t word_before(const char *text, size_t at)
{
	while (at > 0 && text[at - 1] == ' ')
		at--;
	while (at > 0 && text[at - 1] != ' ')
		at--;
	return at;
}

static bool is_letter(char c)
{
	return (unsigned char)c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

/* Words of letters and digits, as readline has them for Alt. */
static size_t letters_before(const char *text, size_t at)
{
	while (at > 0 && !is_letter(text[at - 1]))
		at--;
	while (at > 0 && is_letter(text[at - 1]))
		at--;
	return at;
}

static size_t letters_after(const char *text, size_t at)
{
	while (text[at] && !is_letter(text[at]))
		at++;
	while (is_letter(text[at]))
		at++;
	return at;
}

static void erase(struct prompt *p, size_t from, size_t to)
{
	memmove(p->text + from, p->text + to, strlen(p->text + to) + 1);
	p->cursor = from;
}

/* What is erased so can be put back. */
static void kill_text(struct prompt *p, size_t from, size_t to)
{
	if (from < to)
		snprintf(p->killed, sizeof(p->killed), "%.*s", (int)(to - from), p->text + from);
	erase(p, from, to);
}

static bool insert(struct prompt *p, const char *text, size_t n)
{
	size_t len = strlen(p->text);

	if (len + n >= sizeof(p->text))
		return false;
	memmove(p->text + p->cursor + n, p->text + p->cursor, len - p->cursor + 1);
	memcpy(p->text + p->cursor, text, n);
	p->cursor += n;
	return true;
}

static void type(struct prompt *p, int key)
{
	char utf8[8], shown[32];
	mbstate_t state = {0};
	size_t n = wcrtomb(utf8, (wchar_t)key, &state);

	if (n == (size_t)-1)
		return;
	/* a command has no characters that the sanitiser would change */
	if (text_sanitise(shown, sizeof(shown), utf8, n) == n && !memcmp(shown, utf8, n))
		insert(p, utf8, n);
}

/* Lines of a paste become one, a blank between them; Enter is for the operator to press. */
static void take_pasted(struct prompt *p, int code)
{
	if (code != '\n')
		type(p, code);
	else if (p->cursor && p->text[p->cursor - 1] != ' ')
		insert(p, " ", 1);
}

static void remember(struct prompt *p)
{
	char line[PROMPT_LINE];
	size_t old = 0;

	if (!p->text[strspn(p->text, " ")])
		return;
	snprintf(line, sizeof(line), "%s%s", p->lead, p->text);
	/* a known line moves to the end; else the oldest is dropped */
	while (old < p->past_n && strcmp(p->past[old], line) != 0)
		old++;
	if (old == p->past_n)
		old = p->past_n < PROMPT_HISTORY ? p->past_n++ : 0;
	memmove(p->past[old], p->past[old + 1], (p->past_n - old - 1) * sizeof(p->past[0]));
	memcpy(p->past[p->past_n - 1], line, sizeof(line));
}

/* What an entered line has behind the lead; NULL: it has another one. */
static const char *past_text(const struct prompt *p, size_t at)
{
	size_t n = strlen(p->lead);

	return strncmp(p->past[at], p->lead, n) != 0 ? NULL : p->past[at] + n;
}

static void show_past(struct prompt *p, size_t at)
{
	p->past_at = at;
	snprintf(p->text, sizeof(p->text), "%s", at == p->past_n ? p->typed : past_text(p, at));
	p->cursor = strlen(p->text);
}

static void recall(struct prompt *p, int by)
{
	size_t to = p->past_at;

	do
		to += (size_t)by;
	while (to < p->past_n && !past_text(p, to));
	if (to > p->past_n) /* past either end */
		return;
	if (p->past_at == p->past_n)
		memcpy(p->typed, p->text, sizeof(p->text));
	show_past(p, to);
}

/* ---- searching the history ---- */

static void begin_search(struct prompt *p)
{
	memcpy(p->typed, p->text, sizeof(p->text));
	p->searching = true;
	p->needle[0] = '\0';
	p->past_at = p->past_n;
}

/* Shows the newest line older than `before` that has the needle; false: there is none. */
static bool search(struct prompt *p, size_t before)
{
	for (size_t i = before; p->needle[0] && i-- > 0;) {
		const char *text = past_text(p, i);

		if (text && strstr(text, p->needle)) {
			show_past(p, i);
			return true;
		}
	}
	return false;
}

/* A key of the search; false: it ends the search and means what it always does. */
static bool search_key(struct prompt *p, int key)
{
	size_t len = strlen(p->needle);
	char utf8[8];
	mbstate_t state = {0};
	size_t n;

	switch (key) {
	case KEY_CTRL_R:
		search(p, p->past_at);
		return true;
	case KEY_RUBOUT:
		p->needle[character_before(p->needle, len)] = '\0';
		if (!search(p, p->past_n))
			show_past(p, p->past_n);
		return true;
	case KEY_ESC:
	case KEY_CTRL_C:
	case KEY_CTRL_G:
		p->searching = false;
		show_past(p, p->past_n);
		return true;
	}
	if (key >= 0x20 && key < SPECIAL_KEYS && (n = wcrtomb(utf8, (wchar_t)key, &state)) < 8 &&
		len + n < sizeof(p->needle)) {
		memcpy(p->needle + len, utf8, n);
		p->needle[len + n] = '\0';
		/* a line that lacks the text is not left there to be entered */
		if (!search(p, p->past_at < p->past_n ? p->past_at + 1 : p->past_n))
			show_past(p, p->past_n);
		return true;
	}
	p->searching = false;
	return false;
}

/* ---- completion ---- */

/* The rest of the word after the typed text, if the line continues it; returns its length, 0: it
 * does not. A blank that ends the word belongs to it. */
static size_t rest_of_word(const struct prompt *p, const char *line, const char **rest)
{
	size_t n;

	if (strncmp(line, p->text, p->cursor) != 0)
		return 0;
	*rest = line + p->cursor;
	n = strcspn(*rest, " ");
	return n + ((*rest)[n] == ' ');
}

/* Adds the word with its beginning to the hint, once. */
static void add_hint(struct prompt *p, const char *rest, size_t n)
{
	size_t start = p->cursor, len = strlen(p->hint), word;
	const char *at = p->hint;

	while (start > 0 && p->text[start - 1] != ' ')
		start--;
	n -= rest[n - 1] == ' ';
	word = p->cursor - start + n;
	for (; *at; at += strcspn(at, " "), at += *at == ' ')
		if (strcspn(at, " ") == word && !memcmp(at, p->text + start, p->cursor - start) &&
			!memcmp(at + (p->cursor - start), rest, n))
			return;
	if (len + word + 2 > sizeof(p->hint))
		return;
	snprintf(p->hint + len, sizeof(p->hint) - len, "%s%.*s%.*s", len ? " " : "",
		(int)(p->cursor - start), p->text + start, (int)n, rest);
}

/* The choice of an index within the hint, and its length; NULL: there are not so many. */
static const char *choice_at(const struct prompt *p, int index, size_t *len)
{
	const char *at = p->hint;

	for (; *at; at += *at == ' ') {
		*len = strcspn(at, " ");
		if (!index--)
			return at;
		at += *len;
	}
	return NULL;
}

/* Puts the next of the choices that are shown in place of the word; after the last, the first. */
static void cycle(struct prompt *p, int by)
{
	int n = 0, next;
	size_t len = 0, at = p->cursor;
	const char *word;

	while (choice_at(p, n, &len))
		n++;
	next = p->choice < 0 ? (by > 0 ? 0 : n - 1) : (p->choice + by + n) % n;
	word = choice_at(p, next, &len);
	while (at > 0 && p->text[at - 1] != ' ')
		at--;
	if (!word || strlen(p->text) - (p->cursor - at) + len >= sizeof(p->text))
		return;
	erase(p, at, p->cursor);
	insert(p, word, len);
	p->choice = next;
}

static void complete(struct prompt *p, const char *const *lines, size_t n)
{
	const char *common = NULL, *rest;
	size_t shared = 0;

	for (size_t i = 0; i < n; i++) {
		size_t len = rest_of_word(p, lines[i], &rest), same = 0;

		if (!len)
			continue;
		while (common && same < shared && same < len && rest[same] == common[same])
			same++;
		shared = common ? same : len;
		common = rest;
	}
	if (!common)
		return;
	if (shared) {
		insert(p, common, shared);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		size_t len = rest_of_word(p, lines[i], &rest);

		if (len)
			add_hint(p, rest, len);
	}
}

/* ---- keys ---- */

/* A key that moves the cursor; false: it is none. */
static bool move(struct prompt *p, int key)
{
	switch (key) {
	case KEY_ARROW_LEFT:
	case KEY_CTRL_B:
		p->cursor = character_before(p->text, p->cursor);
		return true;
	case KEY_ARROW_RIGHT:
	case KEY_CTRL_F:
		p->cursor = next_character(p->text, p->cursor);
		return true;
	case ALT_KEYS + 'b':
		p->cursor = letters_before(p->text, p->cursor);
		return true;
	case ALT_KEYS + 'f':
		p->cursor = letters_after(p->text, p->cursor);
		return true;
	case KEY_GO_HOME:
	case KEY_CTRL_A:
		p->cursor = 0;
		return true;
	case KEY_GO_END:
	case KEY_CTRL_E:
		p->cursor = strlen(p->text);
		return true;
	case KEY_ARROW_UP:
	case KEY_CTRL_P:
		recall(p, -1);
		return true;
	case KEY_ARROW_DOWN:
	case KEY_CTRL_N:
		recall(p, 1);
		return true;
	}
	return false;
}

/* A key that erases, or puts back; false: it is none. */
static bool edit(struct prompt *p, int key)
{
	size_t at = p->cursor;

	switch (key) {
	case KEY_RUBOUT:
		erase(p, p->selected ? 0 : character_before(p->text, at), at);
		return true;
	case KEY_REMOVE:
	case KEY_CTRL_D:
		erase(p, at, next_character(p->text, at));
		return true;
	case KEY_CTRL_U:
		kill_text(p, 0, at);
		return true;
	case KEY_CTRL_K:
		kill_text(p, at, strlen(p->text));
		return true;
	case KEY_CTRL_W:
		kill_text(p, word_before(p->text, at), at);
		return true;
	case ALT_KEYS + KEY_RUBOUT:
		kill_text(p, letters_before(p->text, at), at);
		return true;
	case ALT_KEYS + 'd':
		kill_text(p, at, letters_after(p->text, at));
		return true;
	case KEY_CTRL_Y:
		insert(p, p->killed, strlen(p->killed));
		return true;
	}
	return false;
}

/* A character; where a text is selected, in place of that. */
static void put(struct prompt *p, int key)
{
	if (p->selected)
		kill_text(p, 0, strlen(p->text));
	if (key >= PASTED_KEYS)
		take_pasted(p, key - PASTED_KEYS);
	else
		type(p, key);
}

enum prompt_end prompt_take(struct prompt *p, int key, const char *const *lines, size_t n)
{
	bool tab = key == KEY_TAB || key == KEY_BACK_TAB;

	if (p->searching && search_key(p, key))
		return PROMPT_OPEN;
	if (!tab || !p->hint[0]) {
		p->hint[0] = '\0';
		p->choice = -1;
	}
	if (tab) {
		if (p->hint[0])
			cycle(p, key == KEY_TAB ? 1 : -1);
		else
			complete(p, lines, n);
	} else if (key == KEY_ESC || key == KEY_CTRL_C || key == KEY_CTRL_G ||
		   (!p->text[0] && (key == KEY_RUBOUT || key == KEY_CTRL_D))) {
		return PROMPT_LEFT;
	} else if (key == KEY_RETURN) {
		remember(p);
		return PROMPT_ENTERED;
	} else if (key == KEY_CTRL_R) {
		begin_search(p);
	} else if ((key >= 0x20 && key < SPECIAL_KEYS && key != KEY_RUBOUT) || key >= PASTED_KEYS) {
		put(p, key);
	} else if (!move(p, key) && !edit(p, key)) {
		return PROMPT_NOT_MINE;
	}
	p->selected = false;
	return PROMPT_OPEN;
}

int prompt_window(const struct prompt *p, int cells, char *out, size_t size)
{
	char before[PROMPT_MAX];
	size_t from = 0, used = 0;
	int width;

	/* from the first character on after which the cursor is inside */
	for (;; from = next_character(p->text, from)) {
		snprintf(before, sizeof(before), "%.*s", (int)(p->cursor - from), p->text + from);
		width = text_cells(before);
		if (width < cells || from >= p->cursor)
			break;
	}
	for (size_t at = from; p->text[at];) {
		size_t next = next_character(p->text, at);

		if (next - from >= size)
			break;
		memcpy(out + used, p->text + at, next - at);
		out[used + next - at] = '\0';
		if (text_cells(out) > cells)
			break;
		used = next - from;
		at = next;
	}
	out[used] = '\0';
	return width;
}
