#include "net/easy_request.h"

#include <string.h>
#include <strings.h>

#include "net/headers.h"
#include "net/correlation_id.h"

enum {
	MAX_URL = 8 << 20, /* curl's own limit for strings */
	MAX_METHOD = 32,
	SENT_WITH_HEAD = 64 << 10, /* longest body that curl sends and counts with the head */
};

void easy_request_init(struct easy_request *e)
{
	buf_init(&e->url, MAX_URL);
	buf_init(&e->method, MAX_METHOD);
	buf_init(&e->header_lines, SIZE_MAX / 2);
	buf_init(&e->body, SIZE_MAX / 2);
}

void easy_request_free(struct easy_request *e)
{
	curl_slist_free_all(e->own_headers);
	curl_url_cleanup(e->parsed);
	buf_free(&e->url);
	buf_free(&e->method);
	buf_free(&e->header_lines);
	buf_free(&e->body);
}

/* Stores text in the buffer; true when it was there already. */
static bool unchanged(struct buf *b, const char *text)
{
	size_t len = strlen(text);

	if (b->data && b->len == len && memcmp(b->data, text, len) == 0)
		return true;
	buf_clear(b);
	buf_add(b, text, len);
	return false;
}

/* Gives curl the URL parsed, or curl would parse and write it again for each request. One that
 * cannot be parsed is left to the transfer, which says why. */
static void set_parsed(struct easy_request *e, CURL *easy, const char *url)
{
	/* a new one: in one that holds a URL the next might be taken as relative to it */
	curl_url_cleanup(e->parsed);
	e->parsed = curl_url();
	if (e->parsed && curl_url_set(e->parsed, CURLUPART_URL, url,
				 CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
		curl_url_cleanup(e->parsed);
		e->parsed = NULL;
	}
	curl_easy_setopt(easy, CURLOPT_CURLU, e->parsed);
}

static const char *set_url(struct easy_request *e, CURL *easy, const char *url, bool http1_only)
{
	if (!url || !*url)
		return "the request has no URL";
	if (unchanged(&e->url, url))
		return NULL;
	if (curl_easy_setopt(easy, CURLOPT_URL, url) != CURLE_OK) {
		buf_clear(&e->url);
		return "the URL is too long";
	}
	set_parsed(e, easy, url);
	/* Only TLS shows when it connects whether a connection can be shared. */
	e->shares = !http1_only && strncasecmp(url, "https:", 6) == 0;
	return NULL;
}

static void set_shape(struct easy_request *e, CURL *easy, enum easy_shape shape)
{
	if (shape == e->shape)
		return;
	e->shape = shape;
	curl_easy_setopt(easy,
		shape == SHAPE_HEAD   ? CURLOPT_NOBODY
		: shape == SHAPE_BODY ? CURLOPT_POST
				      : CURLOPT_HTTPGET,
		1L);
}

static enum easy_shape shape_of(const char *method, bool has_body)
{
	if (strcmp(method, "HEAD") == 0)
		return SHAPE_HEAD;
	return has_body || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
			       strcmp(method, "PATCH") == 0
		       ? SHAPE_BODY
		       : SHAPE_PLAIN;
}

static const char *set_method(struct easy_request *e, CURL *easy, const char *method, bool has_body)
{
	enum easy_shape shape;
	bool native, same;

	if (!method || !*method || strlen(method) >= MAX_METHOD)
		return "the method is not one of HTTP";
	shape = shape_of(method, has_body);
	same = unchanged(&e->method, method);
	if (same && shape == e->shape)
		return NULL;
	if (method[strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_")]) {
		buf_clear(&e->method);
		return "the method is not one of HTTP";
	}
	set_shape(e, easy, shape);
	native = shape == SHAPE_HEAD || strcmp(method, shape == SHAPE_BODY ? "POST" : "GET") == 0;
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, native ? NULL : method);
	return NULL;
}

static void set_body(struct easy_request *e, CURL *easy, const char *body, size_t len)
{
	e->uploaded = 0;
	buf_clear(&e->body);
	if (body)
		buf_add(&e->body, body, len);
	if (e->shape != SHAPE_BODY)
		return;
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)e->body.len);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, buf_str(&e->body));
}

/* Most requests of a batch have the same own headers as the one before. */
static const char *set_headers(
	struct easy_request *e, CURL *easy, const char *lines, struct curl_slist *common)
{
	struct curl_slist *before = e->own_headers;
	bool ok = true;

	if (unchanged(&e->header_lines, lines ? lines : ""))
		return NULL;
	e->own_headers = NULL;
	e->carries_id = correlation_id_in_headers(lines ? lines : "");
	if (e->header_lines.len)
		ok = headers_merge(lines, common, &e->own_headers);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, e->own_headers ? e->own_headers : common);
	curl_slist_free_all(before);
	if (ok)
		return NULL;
	buf_free(&e->header_lines);
	return "a request header does not have the form \"Name: value\"";
}

const char *easy_request_set(struct easy_request *e, CURL *easy, const struct transport_request *r,
	const struct easy_common *common)
{
	const char *wrong = set_url(e, easy, r->url, common->http1_only);

	if (!wrong)
		wrong = set_method(e, easy, r->method, r->body != NULL);
	if (wrong)
		return wrong;
	set_body(e, easy, r->body, r->body_len);
	return set_headers(e, easy, r->headers, common->headers);
}

bool easy_request_moved(struct easy_request *e, CURL *easy)
{
	curl_off_t sent = 0;
	bool moved;

	if (e->uploaded >= (curl_off_t)e->body.len || e->shape != SHAPE_BODY)
		return false;
	curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &sent);
	moved = sent > e->uploaded && sent > EASY_BUFFER;
	e->uploaded = sent;
	return moved;
}

uint64_t easy_request_bytes(const struct easy_request *e, CURL *easy)
{
	curl_off_t uploaded = 0;
	long request = 0;

	curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &request);
	if (e->body.len > SENT_WITH_HEAD)
		curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
	return (uint64_t)request + (uint64_t)uploaded;
}
