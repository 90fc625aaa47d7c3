#include "prompt.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "base/text.h"
#include "keys.h"

void prompt_open(struct prompt *p, const char *text)
{
	text_sanitise(p->text, sizeof(p->text), text, strlen(text));
	p->cursor = strlen(p->text);
	p->past_at = p->past_n;
	p->hint[0] = '\0';
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

static void erase(struct prompt *p, size_t from, size_t to)
{
	memmove(p->text + from, p->text + to, strlen(p->text + to) + 1);
	p->cursor = from;
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
	size_t old = 0;

	if (!p->text[strspn(p->text, " ")])
		return;
	/* a known line moves to the end; else the oldest is dropped */
	while (old < p->past_n && strcmp(p->past[old], p->text) != 0)
		old++;
	if (old == p->past_n)
		old = p->past_n < PROMPT_HISTORY ? p->past_n++ : 0;
	memmove(p->past[old], p->past[old + 1], (p->past_n - old - 1) * sizeof(p->past[0]));
	memcpy(p->past[p->past_n - 1], p->text, sizeof(p->text));
}

static void recall(struct prompt *p, int by)
{
	size_t to = p->past_at + (size_t)by;

	if (to > p->past_n) /* past either end */
		return;
	if (p->past_at == p->past_n)
		memcpy(p->typed, p->text, sizeof(p->text));
	p->past_at = to;
	memcpy(p->text, to == p->past_n ? p->typed : p->past[to], sizeof(p->text));
	p->cursor = strlen(p->text);
}

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

enum prompt_end prompt_take(struct prompt *p, int key, const char *const *lines, size_t n)
{
	p->hint[0] = '\0';
	switch (key) {
	case KEY_ESC:
	case KEY_CTRL_C:
		return PROMPT_LEFT;
	case KEY_RETURN:
		remember(p);
		return PROMPT_ENTERED;
	case KEY_RUBOUT:
		if (!p->text[0])
			return PROMPT_LEFT;
		erase(p, character_before(p->text, p->cursor), p->cursor);
		break;
	case KEY_REMOVE: {
		size_t at = p->cursor;

		erase(p, at, next_character(p->text, at));
		break;
	}
	case KEY_CTRL_U:
		erase(p, 0, p->cursor);
		break;
	case KEY_CTRL_W:
		erase(p, word_before(p->text, p->cursor), p->cursor);
		break;
	case KEY_ARROW_LEFT:
		p->cursor = character_before(p->text, p->cursor);
		break;
	case KEY_ARROW_RIGHT:
		p->cursor = next_character(p->text, p->cursor);
		break;
	case KEY_GO_HOME:
		p->cursor = 0;
		break;
	case KEY_GO_END:
		p->cursor = strlen(p->text);
		break;
	case KEY_ARROW_UP:
		recall(p, -1);
		break;
	case KEY_ARROW_DOWN:
		recall(p, 1);
		break;
	case KEY_TAB:
		complete(p, lines, n);
		break;
	default:
		if (key >= PASTED_KEYS)
			take_pasted(p, key - PASTED_KEYS);
		else if (key < 0x20 || key >= SPECIAL_KEYS)
			return PROMPT_NOT_MINE;
		else
			type(p, key);
	}
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
