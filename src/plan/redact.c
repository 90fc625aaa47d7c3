#include "config.h"

#include "plan/redact.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/url.h"

/* Words in names of secrets, in lower case. */
struct secret_word {
	const char *text;
	size_t len;
	bool whole; /* counts only as a whole part: not the "key" of "keyboard", the "auth" of
		       "author" */
};

#define ANYWHERE(text)                                                                             \
	{                                                                                          \
		text, sizeof(text) - 1, false                                                      \
	}
#define WHOLE(text)                                                                                \
	{                                                                                          \
		text, sizeof(text) - 1, true                                                       \
	}

/* By their first letters. */
static const struct secret_word secret_words[] = {ANYWHERE("apikey"), WHOLE("auth"),
	WHOLE("authorization"), ANYWHERE("cookie"), ANYWHERE("credential"), WHOLE("key"),
	ANYWHERE("password"), ANYWHERE("passwd"), ANYWHERE("secret"), ANYWHERE("signature"),
	WHOLE("sig"), WHOLE("sid"), ANYWHERE("token"), {"", 0, false}};

enum { LETTERS = 32 /* as the low bits of a character tell them, in both cases */ };

/* Where the words of a letter begin, from 1; 0: there are none. The check stands in the way of each
 * request, and mostly this decides. */
static const unsigned char words_of[LETTERS] = {['a' % LETTERS] = 1,
	['c' % LETTERS] = 4,
	['k' % LETTERS] = 6,
	['p' % LETTERS] = 7,
	['s' % LETTERS] = 9,
	['t' % LETTERS] = 13};

static bool stands_at(const char *name, size_t len, size_t at, const struct secret_word *word)
{
	size_t behind = at + word->len;

	if (behind > len || strncasecmp(name + at, word->text, word->len) != 0)
		return false;
	return !word->whole || ((at == 0 || !isalnum((unsigned char)name[at - 1])) &&
				       (behind == len || !isalnum((unsigned char)name[behind])));
}

bool redact_is_secret_header(const char *name, size_t len)
{
	for (size_t at = 0; at < len; at++) {
		unsigned from = words_of[(unsigned char)name[at] % LETTERS];
		const struct secret_word *word = &secret_words[from ? from - 1 : 0];

		if (!from)
			continue;
		for (char first = *word->text; *word->text == first; word++)
			if (stands_at(name, len, at, word))
				return true;
	}
	return false;
}

void redact_headers(const char *lines, size_t len, struct buf *out)
{
	const char *end = lines + len;

	while (lines < end) {
		const char *next = memchr(lines, '\n', (size_t)(end - lines));
		size_t line = next ? (size_t)(next - lines) : (size_t)(end - lines);
		const char *colon = memchr(lines, ':', line);
		size_t shown = line && lines[line - 1] == '\r' ? line - 1 : line;

		if (colon && redact_is_secret_header(lines, (size_t)(colon - lines))) {
			buf_add(out, lines, (size_t)(colon - lines));
			buf_adds(out, ": " REDACTED "\n");
		} else if (shown) {
			buf_add(out, lines, shown);
			buf_addc(out, '\n');
		}
		lines = next ? next + 1 : end;
	}
}

/* Query parameters: "?a=1&key=…". */
static void redact_query(const char *query, struct buf *out)
{
	while (*query) {
		size_t name = strcspn(query + 1, "=&#") + 1;
		size_t len = strcspn(query + 1, "&#") + 1;

		if (query[0] != '#' && query[name] == '=' &&
			redact_is_secret_header(query + 1, name - 1)) {
			buf_add(out, query, name + 1);
			buf_adds(out, REDACTED);
		} else {
			buf_add(out, query, len);
		}
		query += len;
	}
}

void redact_url(const char *url, struct buf *out)
{
	struct url_parts p = url_split(url);
	size_t path = strcspn(p.host, "?");

	buf_add(out, url, (size_t)(p.authority - url));
	buf_add(out, p.host, path);
	redact_query(p.host + path, out);
}

/* The start of the text before the '@'. */
static const char *user_before(const char *start, const char *at)
{
	const char *from = at;

	while (from > start && !strchr(" \t'\"", from[-1]) &&
		!(from - start >= 3 && !memcmp(from - 3, "://", 3)))
		from--;
	return from;
}

bool redact_users(const char *text, size_t len, struct buf *out)
{
	const char *end = text + len, *at, *from;
	bool found = false;

	for (const char *seen = text; seen < end && (at = memchr(seen, '@', (size_t)(end - seen)));
		seen = at + 1) {
		from = user_before(text, at);
		if (from == at)
			continue;
		if (!found)
			buf_clear(out);
		found = true;
		buf_add(out, text, (size_t)(from - text));
		buf_adds(out, REDACTED);
		text = at;
	}
	return found && buf_add(out, text, (size_t)(end - text));
}

/* The longest escape of a character: \\\\u002f, JSON in JSON in JSON. */
enum { WRITTEN_MAX = 9 };

/* Do the two characters write c in hexadecimal? */
static bool is_hex_of(const char *text, char c)
{
	static const char digits[] = "0123456789abcdef";

	return tolower((unsigned char)text[0]) == digits[(unsigned char)c >> 4] &&
	       tolower((unsigned char)text[1]) == digits[c & 15];
}

/* Is c written there as a character reference of HTML, &#43; or &#x2b;? */
static size_t written_in_html(const char *text, const char *end, char c)
{
	const char *at = text + 2;
	bool hex = end - at > 1 && (*at | 32) == 'x';
	unsigned code = 0;

	for (at += hex; at < end && at - text < WRITTEN_MAX - 1 && isxdigit((unsigned char)*at);
		at++)
		code = code * (hex ? 16 : 10) +
		       (unsigned)(isdigit((unsigned char)*at) ? *at - '0' : (*at | 32) - 'a' + 10);
	return at < end && *at == ';' && code == (unsigned char)c ? (size_t)(at + 1 - text) : 0;
}

/* Is c written at text, plainly or escaped as in JSON (perhaps in a string of JSON again), a URL or
 * HTML? The length it takes; 0: no. */
static size_t written(const char *text, const char *end, char c)
{
	size_t len = (size_t)(end - text), n = 0;

	if (len && *text == c)
		return 1;
	if (len >= 3 && *text == '%')
		return is_hex_of(text + 1, c) ? 3 : 0;
	if (len >= 4 && *text == '&' && text[1] == '#')
		return written_in_html(text, end, c);
	while (n < len && n < WRITTEN_MAX - 1 && text[n] == '\\')
		n++;
	if (!n || n == len)
		return 0;
	if (text[n] == c)
		return n + 1;
	return len - n >= 5 && !memcmp(text + n, "u00", 3) && is_hex_of(text + n + 3, c) ? n + 5
											 : 0;
}

/* The end of the n characters in `at`, if text begins with them; NULL: it does not. */
static const char *stand_at(const char *text, const char *end, const char *chars, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = written(text, end, chars[i]);

		if (!len)
			return NULL;
		text += len;
	}
	return text;
}

/* Where the n characters begin that end in front of text; NULL. */
static const char *stand_before(const char *start, const char *text, const char *chars, size_t n)
{
	while (n--) {
		size_t len = WRITTEN_MAX;

		while (len && ((size_t)(text - start) < len ||
				      written(text - len, text, chars[n]) != len))
			len--;
		if (!len)
			return NULL;
		text -= len;
	}
	return text;
}

/* Where as many of the characters end as follow each other from text on. */
static const char *stand_on(const char *text, const char *end, const char *chars)
{
	size_t len;

	for (; *chars && (len = written(text, end, *chars)); chars++)
		text += len;
	return text;
}

/* The longest run of letters and digits among the first n characters: most encodings keep it, so it
 * serves as the search key. */
static size_t anchor_of(const char *secret, size_t n, size_t *len)
{
	size_t best = 0, from = 0;

	*len = 0;
	for (size_t i = 0; i <= n; i++) {
		if (i < n && isalnum((unsigned char)secret[i]))
			continue;
		if (i - from > *len) {
			best = from;
			*len = i - from;
		}
		from = i + 1;
	}
	return best;
}

/* A secret to find. */
struct needle {
	const char *text;
	size_t len, anchor, anchor_len;
	size_t enough; /* of it, from its front, to be taken for it */
};

/* Half of a long secret is too much to be seen: answers are cut anywhere. */
enum { LONG_SECRET = 24 };

/* Its next occurrence, with characters outside of its anchor possibly escaped; *to: its end. NULL:
 * none. */
static const char *find_anchored(
	const char *text, const char *end, const struct needle *secret, const char **to)
{
	const char *at = text, *hit;
	size_t behind = secret->anchor + secret->anchor_len;

	while (at < end && (hit = memmem(at, (size_t)(end - at), secret->text + secret->anchor,
				    secret->anchor_len))) {
		const char *from = stand_before(text, hit, secret->text, secret->anchor);

		*to = from ? stand_at(hit + secret->anchor_len, end, secret->text + behind,
				     secret->enough - behind)
			   : NULL;
		if (*to)
			return from;
		at = hit + 1;
	}
	return NULL;
}

/* The same, whichever of its characters are escaped. */
static const char *find_escaped(
	const char *text, const char *end, const struct needle *secret, const char **to)
{
	for (; text < end; text++) {
		if (*text != secret->text[0] && !strchr("\\%&", *text))
			continue;
		*to = stand_at(text, end, secret->text, secret->enough);
		if (*to)
			return text;
	}
	return NULL;
}

/* May letters or digits be escaped in it? Most texts hold neither sign. */
static bool has_escapes(const char *text, size_t len)
{
	const char *at = memchr(text, '\\', len);

	/* memchr() is many times as fast as memmem() */
	if (memchr(text, '%', len) || (at && memmem(at, len - (size_t)(at - text), "u00", 3)))
		return true;
	at = memchr(text, '&', len);
	return at && memmem(at, len - (size_t)(at - text), "&#", 2);
}

bool redact_copy(const char *text, size_t len, const char *secret, struct buf *out)
{
	struct needle needle = {.text = secret, .len = strlen(secret)};
	const char *end = text + len, *from, *to = NULL;
	bool found = false, escaped;

	needle.enough = needle.len < LONG_SECRET ? needle.len : (needle.len + 1) / 2;
	needle.anchor = anchor_of(secret, needle.enough, &needle.anchor_len);
	if (needle.len < REDACT_MIN || !needle.anchor_len || len < needle.enough)
		return false;
	escaped = has_escapes(text, len);
	while ((from = escaped ? find_escaped(text, end, &needle, &to)
			       : find_anchored(text, end, &needle, &to))) {
		if (!found)
			buf_clear(out);
		found = true;
		buf_add(out, text, (size_t)(from - text));
		buf_adds(out, REDACTED);
		text = stand_on(to, end, secret + needle.enough);
	}
	return found && buf_add(out, text, (size_t)(end - text));
}

void redact_text(struct buf *b, const char *secret)
{
	struct buf clean;

	buf_init(&clean, SIZE_MAX / 2);
	if (redact_copy(b->data, b->len, secret, &clean)) {
		buf_free(b);
		*b = clean;
	}
}
