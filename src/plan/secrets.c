#include "plan/secrets.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/url.h"
#include "plan/redact.h"

void secrets_add(struct secrets *s, const char *text, size_t len)
{
	if (len < REDACT_MIN || memchr(text, '\0', len))
		return;
	for (size_t i = 0; i < s->n; i++)
		if (strlen(s->text[i]) == len && !memcmp(s->text[i], text, len))
			return;
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 4;
		s->text = xrealloc(s->text, s->cap, sizeof(*s->text));
	}
	s->text[s->n++] = xstrndup(text, len);
}

/* Without the blanks around it. */
static void add_trimmed(struct secrets *s, const char *text, const char *end)
{
	while (text < end && (*text == ' ' || *text == '\t'))
		text++;
	while (text < end && strchr(" \t\r", end[-1]))
		end--;
	secrets_add(s, text, (size_t)(end - text));
}

static bool has_word(const char *name, size_t len, const char *word)
{
	size_t n = strlen(word);

	for (size_t at = 0; at + n <= len; at++)
		if (!strncasecmp(name + at, word, n))
			return true;
	return false;
}

/* "a=1; b=2" */
static void add_cookies(struct secrets *s, const char *text, const char *end)
{
	while (text < end) {
		const char *stop = memchr(text, ';', (size_t)(end - text));
		const char *equals;

		stop = stop ? stop : end;
		equals = memchr(text, '=', (size_t)(stop - text));
		add_trimmed(s, equals ? equals + 1 : text, stop);
		text = stop + 1;
	}
}

/* "Bearer SECRET" */
static void add_credentials(struct secrets *s, const char *text, const char *end)
{
	const char *blank;

	while (text < end && (*text == ' ' || *text == '\t'))
		text++;
	blank = memchr(text, ' ', (size_t)(end - text));
	add_trimmed(s, blank ? blank : text, end);
}

static void add_header(struct secrets *s, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len), *end = line + len;
	size_t name = colon ? (size_t)(colon - line) : 0;

	if (!colon || !redact_is_secret_header(line, name))
		return;
	if (has_word(line, name, "cookie"))
		add_cookies(s, colon + 1, end);
	else if (has_word(line, name, "authorization"))
		add_credentials(s, colon + 1, end);
	else
		add_trimmed(s, colon + 1, end);
}

void secrets_add_headers(struct secrets *s, const char *lines, size_t len)
{
	const char *end = lines + len;

	while (lines < end) {
		const char *next = memchr(lines, '\n', (size_t)(end - lines));

		add_header(s, lines, (size_t)((next ? next : end) - lines));
		lines = next ? next + 1 : end;
	}
}

static int hex_of(char c)
{
	return c >= '0' && c <= '9'                 ? c - '0'
	       : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
						    : -1;
}

/* A part of a URL, whose characters may be written as %xx; owned. */
static char *decode_part(const char *text, size_t len, size_t *out_len)
{
	char *plain = xmalloc(len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		bool coded = text[i] == '%' && len - i > 2 && hex_of(text[i + 1]) >= 0 &&
			     hex_of(text[i + 2]) >= 0;

		plain[n++] =
			coded ? (char)(hex_of(text[i + 1]) << 4 | hex_of(text[i + 2])) : text[i];
		i += coded ? 2 : 0;
	}
	*out_len = n;
	return plain;
}

static void add_part(struct secrets *s, const char *text, size_t len)
{
	char *plain = decode_part(text, len, &len);

	secrets_add(s, plain, len);
	explicit_bzero(plain, len);
	free(plain);
}

/* As Basic authentication sends them. */
static void add_basic(struct secrets *s, const char *text, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *plain = decode_part(text, len, &len), *coded = xmalloc(len * 2 + 4);
	size_t n = 0;

	for (size_t i = 0; i < len; i += 3) {
		uint32_t bits = 0;

		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 | (i + k < len ? (unsigned char)plain[i + k] : 0);
		for (int k = 0; k < 4; k++)
			coded[n++] = i + (size_t)k <= len ? digits[bits >> (18 - 6 * k) & 63] : '=';
	}
	secrets_add(s, coded, n);
	explicit_bzero(plain, len);
	explicit_bzero(coded, n);
	free(plain);
	free(coded);
}

static void add_user(struct secrets *s, const char *user, const char *end)
{
	const char *colon = memchr(user, ':', (size_t)(end - user));

	add_part(s, colon ? colon + 1 : user, (size_t)(end - (colon ? colon + 1 : user)));
	if (colon)
		add_basic(s, user, (size_t)(end - user));
}

void secrets_add_url(struct secrets *s, const char *url)
{
	struct url_parts p;
	const char *query;

	/* mostly there is neither a user nor a query */
	if (!strchr(url, '@') && !strchr(url, '?'))
		return;
	p = url_split(url);
	query = p.host + strcspn(p.host, "?#");
	if (p.host > p.authority)
		add_user(s, p.authority, p.host - 1);
	while (*query == '?' || *query == '&') {
		size_t len = strcspn(query + 1, "&#"), name = strcspn(query + 1, "=&#");

		if (name < len && redact_is_secret_header(query + 1, name))
			add_part(s, query + 2 + name, len - name - 1);
		query += len + 1;
	}
}

bool secrets_scrub(const struct secrets *s, const char *text, size_t len, struct buf *out)
{
	bool found = false;

	for (size_t i = 0; i < s->n; i++) {
		if (found)
			redact_text(out, s->text[i]);
		else
			found = redact_copy(text, len, s->text[i], out);
	}
	return found;
}

void secrets_clear(struct secrets *s)
{
	while (s->n) {
		char *text = s->text[--s->n];

		explicit_bzero(text, strlen(text));
		free(text);
	}
}

void secrets_free(struct secrets *s)
{
	secrets_clear(s);
	free(s->text);
	*s = (struct secrets){.text = NULL};
}
