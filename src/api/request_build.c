/* Builds the request that goes over the wire. */
#include <string.h>

#include "api/provider.h"
#include "api/request_parts.h"

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
		ok = error_set(err, "the url is relative and there is no base URL: give --url");
	else
		ok = e->provider->url(e, line, path, len, out, err);
	buf_free(&scratch);
	return ok;
}

static bool build_body(const struct request_line *line, struct buf *out, struct error *err)
{
	/* Members of a bare body's line that are sluice's, not the API's. */
	static const char *const ours[] = {"custom_id", "priority", "metadata", "endpoint"};
	size_t n = line->endpoint.at ? 4 : 3; /* of a row it is the API's */
	bool ok;

	if (line->format == FORMAT_BODY)
		ok = json_add_without(out, line->body, ours, n);
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
	out->usage_refused = e->usage_refused;
	out->asks_usage = false;
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
