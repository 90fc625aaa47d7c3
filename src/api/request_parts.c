/* Readers of a line's parts (strings, URL, method, headers) for checking and for building requests.
 */
#include "api/request_parts.h"

#include <string.h>
#include <strings.h>

#include "base/url.h"

bool request_text(struct json_span v, struct buf *scratch, const char **text, size_t *len)
{
	if (!memchr(v.at, '\\', v.len)) {
		*text = v.at + 1;
		*len = v.len - 2;
		return true;
	}
	buf_clear(scratch);
	if (!json_string_decode(v, scratch))
		return false;
	*text = buf_str(scratch);
	*len = scratch->len;
	return true;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* RFC 3986, 3.1 */
bool request_url_scheme(const char *url, size_t url_len, size_t *len)
{
	size_t i = 0;

	if (!url_len || !is_letter(url[0]))
		return false;
	while (i < url_len &&
		(is_letter(url[i]) || (url[i] >= '0' && url[i] <= '9') || memchr("+-.", url[i], 3)))
		i++;
	*len = i;
	return i < url_len && url[i] == ':';
}

/* Userinfo in a URL may be a secret, so that messages never show more of it than its scheme. */
bool request_url_valid(const char *url, size_t len, struct error *err)
{
	const char *fault;
	size_t scheme;

	if (!len)
		return error_set(err, "url is empty");
	if (len > REQUEST_MAX_URL)
		return error_set(err, "url is longer than %d KB", REQUEST_MAX_URL >> 10);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)url[i] <= ' ' || url[i] == 0x7f)
			return error_set(err,
				"url contains a space or control character: write it as %%%02X",
				(unsigned char)url[i]);
	if (!request_url_scheme(url, len, &scheme))
		return true;
	if ((scheme != 4 || strncasecmp(url, "http", 4) != 0) &&
		(scheme != 5 || strncasecmp(url, "https", 5) != 0))
		return error_set(err, "url has the scheme \"%.*s\": use http or https",
			(int)(scheme > 20 ? 20 : scheme), url);
	if (len < scheme + 4 || memcmp(url + scheme, "://", 3) != 0 || url[scheme + 3] == '/')
		return error_set(err, "url has a scheme but no host");
	fault = url_fault(url, len);
	return !fault || error_set(err, "url is not valid: %s", fault);
}

bool request_base_valid(const char *url, struct error *err)
{
	size_t len = strlen(url), scheme;

	if (!request_url_scheme(url, len, &scheme))
		return error_set(err, "url does not start with http:// or https://");
	if (strchr(url, '#'))
		return error_set(err, "url has a fragment (\"#\"), which would cut off the path "
				      "after it: remove it, or write # as %%23");
	return request_url_valid(url, len, err);
}

/* A character of a method or header name: RFC 9110, 5.6.2. */
static bool is_token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_token(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!is_token_char(text[i]))
			return false;
	return len > 0;
}

bool request_method(const struct request_line *line, char out[16], struct error *err)
{
	struct json_span v = line->method;

	if (!v.at) {
		strcpy(out, line->body.at ? "POST" : "GET");
		return true;
	}
	if (!json_span_is(v, JSON_VALUE_STRING) || v.len - 2 > 15 || !is_token(v.at + 1, v.len - 2))
		return error_set(err, "method must be a word such as \"POST\"");
	for (size_t i = 0; i < v.len - 2; i++) {
		char c = v.at[1 + i];

		out[i] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
	}
	out[v.len - 2] = '\0';
	return true;
}

struct header_lines {
	struct buf *out; /* NULL: check only */
	struct buf name, value;
	bool content_type;
	struct error *err;
};

static bool same(const char *text, size_t len, const char *name)
{
	return len == strlen(name) && !strncasecmp(text, name, len);
}

/* Values may be secrets: messages show names only. */
static bool check_header(struct header_lines *h, const char *name, size_t name_len,
	const char *value, size_t value_len)
{
	int shown = (int)(name_len > 60 ? 60 : name_len);

	if (!is_token(name, name_len))
		return error_set(h->err, "\"%.*s\" in headers is not a header name", shown, name);
	if (same(name, name_len, "content-length") || same(name, name_len, "transfer-encoding"))
		return error_set(h->err,
			"the header %.*s cannot be set: sluice derives it from "
			"the body",
			shown, name);
	for (size_t i = 0; i < value_len; i++)
		if (((unsigned char)value[i] < ' ' && value[i] != '\t') || value[i] == 0x7f)
			return error_set(h->err,
				"the header %.*s contains a line break or control character", shown,
				name);
	return true;
}

static bool add_header(void *ctx, struct json_span key, struct json_span v)
{
	struct header_lines *h = ctx;
	const char *name, *value;
	size_t name_len, value_len;

	if (!request_text(key, &h->name, &name, &name_len))
		return error_set(h->err, "a header name is too long");
	if (!json_span_is(v, JSON_VALUE_STRING))
		return error_set(h->err, "the header %.*s must be a string",
			(int)(name_len > 60 ? 60 : name_len), name);
	if (!request_text(v, &h->value, &value, &value_len))
		return error_set(h->err, "a header is too long");
	if (!check_header(h, name, name_len, value, value_len))
		return false;
	if (same(name, name_len, "content-type"))
		h->content_type = true;
	if (!h->out)
		return true;
	return (buf_add(h->out, name, name_len) && buf_add(h->out, ": ", 2) &&
		       buf_add(h->out, value, value_len) && buf_addc(h->out, '\n')) ||
	       error_set(h->err, "the headers are too long");
}

bool request_headers(
	struct json_span headers, struct buf *out, bool *content_type, struct error *err)
{
	struct header_lines h = {.out = out, .err = err};
	bool ok;

	if (!json_span_is(headers, JSON_VALUE_OBJECT))
		return error_set(err, "headers must be an object of strings");
	if (headers.len > REQUEST_MAX_HEADERS)
		return error_set(
			err, "the headers are longer than %d KB", REQUEST_MAX_HEADERS >> 10);
	buf_init(&h.name, REQUEST_MAX_HEADERS);
	buf_init(&h.value, REQUEST_MAX_HEADERS);
	ok = json_each(headers, add_header, &h);
	buf_free(&h.name);
	buf_free(&h.value);
	*content_type = h.content_type;
	return ok;
}
