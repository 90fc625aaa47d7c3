#include "doc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/alloc.h"
#include "base/text.h"
#include "canvas.h"
#include "find.h"

/* Bytes that one may become: \xff, or a tab. */
enum { ESCAPED = 4, TAB = 4 };

void doc_free(struct doc *d)
{
	free(d->text);
	free(d->role);
	free(d->line);
	*d = (struct doc){0};
}

/* The length of the front of the text that has one role and no tab but at its start. */
static size_t piece_of(const char *raw, const char *roles, size_t len)
{
	size_t n = 1;

	while (raw[0] != '\t' && n < len && raw[n] != '\t' && (!roles || roles[n] == roles[0]))
		n++;
	return n;
}

/* Appends text of a line. */
static size_t add_text(
	struct doc *d, size_t at, size_t size, const char *raw, const char *roles, size_t len)
{
	int col = 0;

	for (size_t i = 0, n; i < len; i += n) {
		size_t from = at;

		n = piece_of(raw + i, roles ? roles + i : NULL, len - i);
		if (raw[i] == '\t')
			at += (size_t)snprintf(d->text + at, size - at, "%*s", TAB - col % TAB, "");
		else
			at += text_sanitise(d->text + at, size - at, raw + i, n);
		col += text_cells(d->text + from);
		memset(d->role + from, roles ? roles[i] : ROLE_TEXT, at - from);
	}
	return at;
}

void doc_set(struct doc *d, const char *raw, const char *roles, size_t len)
{
	size_t size, at = 0;

	len = len < DOC_MAX ? len : DOC_MAX;
	size = len * ESCAPED + 1;
	d->text = xrealloc(d->text, size, 1);
	d->role = xrealloc(d->role, size, 1);
	for (size_t i = 0; i < len;) {
		const char *end = memchr(raw + i, '\n', len - i);
		size_t n = end ? (size_t)(end - raw) - i : len - i;
		size_t shown = n && end && raw[i + n - 1] == '\r' ? n - 1 : n;

		at = add_text(d, at, size, raw + i, roles ? roles + i : NULL, shown);
		if (end) {
			d->role[at] = ROLE_TEXT;
			d->text[at++] = '\n';
		}
		i += n + 1;
	}
	d->text = xrealloc(d->text, at + 1, 1);
	d->role = xrealloc(d->role, at + 1, 1);
	d->text[at] = '\0';
	d->len = at;
}

/* Length of the character at a place of sanitised text and the cells it takes. */
static size_t step(const struct doc *d, size_t at, int *cells)
{
	uint32_t code = 0;
	size_t n = text_utf8(d->text + at, d->len - at, &code);
	int width = code < 0x80 ? 1 : wcwidth((wchar_t)code);

	*cells = width < 0 ? 1 : width;
	return n ? n : 1;
}

/* The end of the line that starts at a place and may take so many cells. */
static size_t line_end(const struct doc *d, size_t at, size_t stop, int cells)
{
	size_t blank = 0;
	int used = 0;

	for (size_t i = at; i < stop;) {
		int width;
		size_t n = step(d, i, &width);

		if (used + width > cells && i > at)
			return blank && blank - at > (size_t)cells / 2 ? blank : i;
		used += width;
		i += n;
		if (d->text[i - 1] == ' ')
			blank = i;
	}
	return stop;
}

static void add_line(struct doc *d, size_t at, size_t end)
{
	if (d->lines == d->room) {
		d->room = d->room ? d->room * 2 : 64;
		d->line = xrealloc(d->line, d->room, sizeof(*d->line));
	}
	d->line[d->lines++] = (struct doc_line){(uint32_t)at, (uint32_t)(end - at)};
}

void doc_wrap(struct doc *d, int cells)
{
	d->lines = 0;
	for (size_t at = 0; at < d->len;) {
		const char *newline = memchr(d->text + at, '\n', d->len - at);
		size_t stop = newline ? (size_t)(newline - d->text) : d->len;

		do {
			size_t end = cells > 0 ? line_end(d, at, stop, cells) : stop;

			add_line(d, at, end);
			at = end;
		} while (at < stop);
		at = stop + 1;
	}
}

/* Does the text begin in this line? It may continue in the next, if a long line was broken. */
static bool begins_in(const struct doc *d, size_t i, const char *what)
{
	const struct doc_line *l = &d->line[i];
	size_t more = strlen(what), len = l->len + (more ? more - 1 : 0);

	if (l->at + len > d->len)
		len = d->len - l->at;
	return find_text(d->text + l->at, len, what) != NULL;
}

bool doc_find(const struct doc *d, const char *what, size_t from, bool backward, size_t *found)
{
	for (size_t k = 0; k < d->lines; k++) {
		size_t i = backward ? (from + d->lines - k) % d->lines : (from + k) % d->lines;

		if (begins_in(d, i, what)) {
			*found = i;
			return true;
		}
	}
	return false;
}

/* The end of the hit a place lies in, the nearest before it included; 0: it lies in none. */
static size_t hit_around(const struct doc *d, size_t at, const char *what)
{
	size_t n = strlen(what), from = n && at > n - 1 ? at - (n - 1) : 0;
	size_t len = at - from + n < d->len - from ? at - from + n : d->len - from;
	const char *hit = find_text(d->text + from, len, what);

	return hit && (size_t)(hit - d->text) <= at ? (size_t)(hit - d->text) + n : 0;
}

void doc_show(const struct doc *d, size_t i, const char *what, int skip, char *out, size_t size)
{
	const struct doc_line *l = &d->line[i];
	size_t end = l->at + l->len, len = 0, hit = 0;
	char role = ROLE_TEXT;
	int width;

	for (size_t at = l->at, n; at < end && len + 16 < size; at += n) {
		n = step(d, at, &width);
		if (skip > 0) {
			skip -= width;
			continue;
		}
		if (at >= hit && *what)
			hit = hit_around(d, at, what);
		if (role != (at < hit ? ROLE_FOUND : d->role[at])) {
			role = at < hit ? ROLE_FOUND : d->role[at];
			out[len++] = role;
		}
		memcpy(out + len, d->text + at, n);
		len += n;
	}
	out[len] = '\0';
}
