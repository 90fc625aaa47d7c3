/* What goes over the wire. */
#include <string.h>
#include <strings.h>

#include "api/provider_parts.h"
#include "api/request_parts.h"

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
	struct buf *out; /* NULL: only checked */
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
		return error_set(h->err, "the header %.*s cannot be set: it follows from the body",
			shown, name);
	for (size_t i = 0; i < value_len; i++)
		if (((unsigned char)value[i] < ' ' && value[i] != '\t') || value[i] == 0x7f)
			return error_set(h->err,
				"the header %.*s holds a line break or control character", shown,
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

/* Bytes of the text without the slashes at its end. */
static size_t without_slashes(const char *text)
{
	size_t len = strlen(text);

	while (len && text[len - 1] == '/')
		len--;
	return len;
}

bool provider_join(const struct endpoint *e, const struct request_line *line, const char *path,
	size_t len, struct buf *out, struct error *err)
{
	size_t base_len = without_slashes(e->base_url);

	(void)line;
	if (!buf_add(out, e->base_url, base_len) ||
		(len && *path != '/' && *path != '?' && !buf_addc(out, '/')) ||
		!buf_add(out, path, len))
		return error_set(err, "url is too long");
	path = buf_str(out) + base_len;
	if (base_len >= 3 && !memcmp(path - 3, "/v1", 3) && !memcmp(path, "/v1", 3) &&
		strchr("/?", path[3])) {
		memmove(out->data + base_len, path + 3, strlen(path + 3) + 1);
		out->len -= 3;
	}
	return true;
}

static bool build_url(const struct endpoint *e, const struct request_line *line, struct buf *out,
	struct error *err)
{
	const char *path;
	struct buf scratch;
	size_t len, scheme;
	bool ok = true;

	buf_init(&scratch, REQUEST_MAX_URL);
	if (line->url.at) {
		ok = request_text(line->url, &scratch, &path, &len);
	} else {
		path = provider_of(e->provider, line)->path(line);
		len = strlen(path);
	}
	if (!ok)
		error_set(err, "url is too long");
	else if (request_url_scheme(path, len, &scheme))
		ok = buf_add(out, path, len);
	else if (!e->base_url)
		ok = error_set(err, "a relative url needs a base URL: give --url");
	else
		ok = e->provider->url(e, line, path, len, out, err);
	buf_free(&scratch);
	return ok;
}

static bool build_body(const struct request_line *line, struct buf *out, struct error *err)
{
	/* What sluice reads of a bare body's line and the API does not. */
	static const char *const ours[] = {"custom_id", "priority", "metadata"};
	bool ok;

	if (line->format == FORMAT_BODY)
		ok = json_add_without(out, line->body, ours, 3);
	else if (json_span_is(line->body, JSON_VALUE_STRING))
		ok = json_string_decode(line->body, out);
	else
		ok = buf_add(out, line->body.at, line->body.len);
	return ok || error_set(err, "the body is larger than %zu bytes", out->max);
}

void request_init(struct request *r, size_t max_body)
{
	memset(r, 0, sizeof(*r));
	buf_init(&r->url, 2 * REQUEST_MAX_URL);
	buf_init(&r->headers, 2 * REQUEST_MAX_HEADERS);
	buf_init(&r->body, max_body);
}

void request_free(struct request *r)
{
	buf_free(&r->url);
	buf_free(&r->headers);
	buf_free(&r->body);
}

bool request_target(const struct endpoint *e, const struct request_line *line, struct request *out,
	struct error *err)
{
	buf_clear(&out->url);
	return request_method(line, out->method, err) && build_url(e, line, &out->url, err);
}

bool request_build(const struct endpoint *e, const struct request_line *line, struct request *out,
	struct error *err)
{
	bool content_type = e->has_content_type;
	const struct provider *p;

	buf_clear(&out->headers);
	buf_clear(&out->body);
	out->has_body = line->body.at != NULL;
	if (!request_target(e, line, out, err))
		return false;
	if (line->headers.at) {
		bool own = false;

		if (!request_headers(line->headers, &out->headers, &own, err))
			return false;
		content_type = content_type || own;
	}
	if (!out->has_body)
		return true;
	if (!content_type && !json_span_is(line->body, JSON_VALUE_STRING))
		buf_adds(&out->headers, "Content-Type: application/json\n");
	if (!build_body(line, &out->body, err))
		return false;
	if (!e->stream && !line->streams)
		return true;
	p = provider_of(e->provider, line);
	return !p->shape || p->shape(out, e->stream) ||
	       error_set(err, "the body is larger than %zu bytes", out->body.max);
}
