#include "config.h"

#include "run/redact.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* What names of secrets hold; "key" and "auth" only as a whole part: not "keyboard", "author". */
static const char *const telling[] = {
	"token", "secret", "password", "passwd", "cookie", "credential", "signature", "apikey"};
/* Shorter ones would make holes all over a text that has nothing to do with them. */
enum { SECRET_MIN = 8 };

static const char *const telling_parts[] = {"key", "auth", "authorization", "sig", "sid"};

static bool holds(const char *name, size_t len, const char *text)
{
	size_t n = strlen(text);

	for (size_t at = 0; at + n <= len; at++)
		if (!strncasecmp(name + at, text, n))
			return true;
	return false;
}

/* Is one of the name's parts, between joints, this word? */
static bool has_part(const char *name, size_t len, const char *word)
{
	size_t n = strlen(word);

	for (size_t at = 0; at + n <= len; at++) {
		bool begins = at == 0 || !isalnum((unsigned char)name[at - 1]);
		bool ends = at + n == len || !isalnum((unsigned char)name[at + n]);

		if (begins && ends && !strncasecmp(name + at, word, n))
			return true;
	}
	return false;
}

bool redact_is_secret_header(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(telling) / sizeof(telling[0]); i++)
		if (holds(name, len, telling[i]))
			return true;
	for (size_t i = 0; i < sizeof(telling_parts) / sizeof(telling_parts[0]); i++)
		if (has_part(name, len, telling_parts[i]))
			return true;
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
	const char *host = strstr(url, "://"), *at;
	size_t path;

	host = host ? host + 3 : url;
	buf_add(out, url, (size_t)(host - url));
	at = memchr(host, '@', strcspn(host, "/?#"));
	if (at)
		host = at + 1;
	path = strcspn(host, "?");
	buf_add(out, host, path);
	redact_query(host + path, out);
}

void redact_text(struct buf *b, const char *secret)
{
	size_t len = strlen(secret), from = 0;
	const char *at;
	struct buf clean;

	if (len < SECRET_MIN || !b->len || !memmem(b->data, b->len, secret, len))
		return;
	buf_init(&clean, SIZE_MAX / 2);
	while ((at = memmem(b->data + from, b->len - from, secret, len))) {
		buf_add(&clean, b->data + from, (size_t)(at - (b->data + from)));
		buf_adds(&clean, REDACTED);
		from = (size_t)(at - b->data) + len;
	}
	buf_add(&clean, b->data + from, b->len - from);
	buf_free(b);
	*b = clean;
}
