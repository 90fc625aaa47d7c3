#include "cli/control_client.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

/* An answer of any size that a run gives: both bodies of an item, escaped. */
enum { ANSWER_MAX = 64 << 20, POLL_MS = 100 };

/* A request on its way. */
struct call {
	struct control_request *request;
	CURL *easy;
	struct curl_slist *headers;
	int64_t heard_us, told_us; /* the last byte; the last call of on_data() */
	bool left;                 /* on_data() said so */
	char why[CURL_ERROR_SIZE];
};

static long status_of(CURL *easy)
{
	long status = 0;

	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *ctx)
{
	struct call *c = ctx;
	struct control_request *r = c->request;
	size_t len = size * n;

	c->heard_us = clock_mono_us();
	if (!r->on_data || status_of(c->easy) != 200)
		return buf_add(&r->answer, bytes, len) ? len : 0;
	c->told_us = c->heard_us;
	c->left = !r->on_data(r->ctx, bytes, len);
	/* the caller may have waited long for its own output */
	c->heard_us = clock_mono_us();
	return c->left ? 0 : len;
}

static void add_header(struct call *c, const char *name, const char *value)
{
	struct curl_slist *longer;
	struct buf line;

	buf_init(&line, 4096);
	buf_addf(&line, "%s: %s", name, value);
	longer = curl_slist_append(c->headers, buf_str(&line));
	buf_free(&line);
	if (!longer)
		alloc_failed();
	c->headers = longer;
}

static void call_begin(struct call *c, struct control_request *r, CURLM *multi)
{
	struct buf url;

	*c = (struct call){.request = r, .easy = curl_easy_init(), .heard_us = clock_mono_us()};
	if (!c->easy)
		alloc_failed();
	buf_init(&r->answer, ANSWER_MAX);
	r->err.text[0] = '\0';
	r->status = 0;
	buf_init(&url, 64 << 10);
	buf_addf(&url, "http://sluice%s", r->path);
	add_header(c, "Accept", r->accept ? r->accept : "application/json");
	curl_easy_setopt(c->easy, CURLOPT_URL, buf_str(&url));
	curl_easy_setopt(c->easy, CURLOPT_UNIX_SOCKET_PATH, r->socket);
	curl_easy_setopt(c->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
	curl_easy_setopt(c->easy, CURLOPT_PRIVATE, c);
	curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->why);
	if (r->body) {
		add_header(c, "Content-Type", "application/json");
		add_header(c, "Expect", "");
		curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(r->body));
		curl_easy_setopt(c->easy, CURLOPT_COPYPOSTFIELDS, r->body);
	}
	curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers);
	buf_free(&url);
	curl_multi_add_handle(multi, c->easy);
}

static void call_end(struct call *c, CURLM *multi, enum control_result result)
{
	c->request->result = result;
	c->request->status = status_of(c->easy);
	curl_multi_remove_handle(multi, c->easy);
	curl_easy_cleanup(c->easy);
	curl_slist_free_all(c->headers);
	c->easy = NULL;
}

/* What became of a transfer that curl has ended. */
static enum control_result result_of(struct call *c, CURLcode code)
{
	struct control_request *r = c->request;
	long os = 0;

	if (code == CURLE_OK)
		return CONTROL_ANSWERED;
	if (c->left)
		return CONTROL_LEFT;
	curl_easy_getinfo(c->easy, CURLINFO_OS_ERRNO, &os);
	if (code == CURLE_COULDNT_CONNECT && os == EAGAIN) {
		error_set(&r->err, "too many clients are waiting");
		return CONTROL_SILENT;
	}
	if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST) {
		error_set(&r->err, "%s", os ? strerror((int)os) : "no process listens there");
		return CONTROL_ABSENT;
	}
	error_set(&r->err, "%s", c->why[0] ? c->why : curl_easy_strerror(code));
	return CONTROL_LOST;
}

static void take_ended(CURLM *multi, size_t *open)
{
	struct CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(multi, &left))) {
		struct call *c;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&c);
		call_end(c, multi, result_of(c, message->data.result));
		--*open;
	}
}

/* Does the run answer anything at all? */
static bool is_healthy(const char *socket, int64_t silence_us)
{
	struct control_request r = {.socket = socket, .path = "/healthz"};
	bool healthy;

	control_client_ask(&r, 1, silence_us);
	healthy = r.result == CONTROL_ANSWERED;
	control_request_free(&r);
	return healthy;
}

/* Ends a call whose run is silent for too long, or that the caller does not want any more. */
static void look_after(struct call *c, CURLM *multi, size_t *open, int64_t silence_us)
{
	struct control_request *r = c->request;
	int64_t now_us = clock_mono_us();

	if (r->on_data && now_us - c->told_us >= US_PER_S) {
		c->told_us = now_us;
		c->left = !r->on_data(r->ctx, NULL, 0);
	}
	if (!c->left && now_us - c->heard_us < silence_us)
		return;
	if (!c->left && r->patient && is_healthy(r->socket, silence_us)) {
		c->heard_us = clock_mono_us();
		return;
	}
	if (!c->left)
		error_set(&r->err, "no answer within %.3g s", s_from_us(silence_us));
	call_end(c, multi, c->left ? CONTROL_LEFT : CONTROL_SILENT);
	--*open;
}

void control_client_ask(struct control_request *requests, size_t n, int64_t silence_us)
{
	struct call *calls = xcalloc(n + 1, sizeof(*calls));
	CURLM *multi = curl_multi_init();
	size_t open = n;
	int running;

	if (!multi)
		alloc_failed();
	for (size_t i = 0; i < n; i++)
		call_begin(&calls[i], &requests[i], multi);
	while (open) {
		curl_multi_perform(multi, &running);
		take_ended(multi, &open);
		for (size_t i = 0; i < n; i++)
			if (calls[i].easy)
				look_after(&calls[i], multi, &open, silence_us);
		if (open)
			curl_multi_poll(multi, NULL, 0, POLL_MS, NULL);
	}
	curl_multi_cleanup(multi);
	free(calls);
}

void control_request_free(struct control_request *r)
{
	buf_free(&r->answer);
}

void control_client_encode(struct buf *path, const char *text)
{
	char *encoded = curl_easy_escape(NULL, text, (int)strlen(text));

	if (!encoded)
		alloc_failed();
	buf_adds(path, encoded);
	curl_free(encoded);
}
