/* What a handler reads of a request. */
#include "http/server_impl.h"

const char *http_method(const struct http_exchange *x)
{
	return x->method;
}

const char *http_path(const struct http_exchange *x)
{
	return x->path;
}

const char *http_header(const struct http_exchange *x, const char *name)
{
	return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

struct each {
	void (*each)(void *ctx, const char *name, size_t name_len, const char *value, size_t len);
	void *ctx;
};

static enum MHD_Result on_parameter(void *cls, enum MHD_ValueKind kind, const char *name,
	size_t name_len, const char *value, size_t len)
{
	const struct each *each = cls;

	(void)kind;
	each->each(each->ctx, name ? name : "", name_len, value ? value : "", value ? len : 0);
	return MHD_YES;
}

void http_each_parameter(const struct http_exchange *x,
	void (*each)(void *ctx, const char *name, size_t name_len, const char *value, size_t len),
	void *ctx)
{
	struct each call = {each, ctx};

	MHD_get_connection_values_n(x->connection, MHD_GET_ARGUMENT_KIND, on_parameter, &call);
}

bool http_waits(const struct http_exchange *x)
{
	return http_header(x, MHD_HTTP_HEADER_EXPECT) != NULL;
}

void http_set_sink(struct http_exchange *x, http_sink *sink)
{
	x->sink = sink;
}

const char *http_body(const struct http_exchange *x, size_t *len)
{
	*len = x->body.len;
	return x->body.len ? x->body.data : "";
}

void http_set_body_max(struct http_exchange *x, size_t max)
{
	x->body.max = max;
}

void http_forget_body(struct http_exchange *x)
{
	buf_free(&x->body);
}

pid_t http_peer(const struct http_exchange *x)
{
	return x->peer;
}

void http_set_data(struct http_exchange *x, void *data)
{
	x->data = data;
}

void *http_data(const struct http_exchange *x)
{
	return x->data;
}
