/* Explains to people why a request failed: what was tried, with which host, what to check. Texts
 * never hold the URL's credentials, path or query, or a header. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "net/transfer.h"

struct peer {
	char host[256];
	char port[8];
};

static void copy_part(CURLU *u, CURLUPart part, unsigned flags, char *out, size_t size)
{
	char *text = NULL;

	*out = '\0';
	if (curl_url_get(u, part, &text, flags) == CURLUE_OK)
		snprintf(out, size, "%s", text);
	curl_free(text);
}

static bool peer_of(const struct transfer *x, struct peer *out)
{
	CURLU *u = curl_url();
	bool ok = u && curl_url_set(u, CURLUPART_URL, x->request.url.data, 0) == CURLUE_OK;

	if (ok) {
		copy_part(u, CURLUPART_HOST, 0, out->host, sizeof(out->host));
		copy_part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT, out->port, sizeof(out->port));
	}
	curl_url_cleanup(u);
	return ok;
}

/* "connection refused", in the middle of a sentence. */
static const char *system_reason(long number, char *out, size_t size)
{
	if (!number)
		return "no reason given";
	snprintf(out, size, "%s", strerror((int)number));
	out[0] = (char)tolower((unsigned char)out[0]);
	return out;
}

static const char *curl_reason(const struct transfer *x)
{
	return x->end.message[0] ? x->end.message : curl_easy_strerror(x->end.code);
}

/* Does curl's text name this host and port? Otherwise a proxy could not be reached. */
static bool message_names(const struct transfer *x, const struct peer *p)
{
	char name[sizeof(p->host) + sizeof(p->port) + 8];
	size_t bracket = p->host[0] == '[';

	snprintf(name, sizeof(name), " %.*s port %s ", (int)(strlen(p->host) - 2 * bracket),
		p->host + bracket, p->port);
	return strstr(x->end.message, name) != NULL;
}

static void explain_error(const struct transfer *x, const struct peer *p, struct error *text)
{
	char reason[128];
	long number = 0;

	switch (x->end.code) {
	case CURLE_COULDNT_CONNECT:
		if (x->path.open_errno) {
			error_set(text, "no socket for a connection to %s:%s: %s", p->host, p->port,
				system_reason(x->path.open_errno, reason, sizeof(reason)));
			break;
		}
		curl_easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &number);
		system_reason(number, reason, sizeof(reason));
		if (!message_names(x, p))
			error_set(text, "%s: %s", curl_reason(x), number ? reason : "");
		else
			error_set(text, "could not connect to %s:%s: %s", p->host, p->port,
				number ? reason : curl_reason(x));
		break;
	case CURLE_COULDNT_RESOLVE_HOST:
		error_set(text, "could not resolve host %s", p->host);
		break;
	case CURLE_GOT_NOTHING:
		error_set(text, "%s:%s closed the connection without an answer", p->host, p->port);
		break;
	case CURLE_PARTIAL_FILE:
		error_set(text, "the answer of %s:%s was cut off: %s", p->host, p->port,
			curl_reason(x));
		break;
	default:
		error_set(text, "%s:%s: %s", p->host, p->port, curl_reason(x));
	}
}

static void explain_too_large(const struct transfer *x, struct error *text)
{
	char size[32];

	if (!x->received.headers_full)
		error_set(text, "the answer is larger than %s (--max-response)",
			text_bytes((double)x->received.body.max, size, sizeof(size)));
	else
		error_set(text, "the headers of the answer are larger than %s",
			text_bytes((double)x->received.headers.max, size, sizeof(size)));
}

static void explain_timeout(const struct transfer *x, const struct peer *p, struct error *text)
{
	const struct transport_config *c = &x->common->config;
	char limit[32];

	switch (x->end.result) {
	case NET_TIMEOUT_CONNECT:
		error_set(text, "no connection to %s:%s within %s", p->host, p->port,
			text_latency(c->connect_timeout_us, limit, sizeof(limit)));
		break;
	case NET_TIMEOUT_FIRST_BYTE:
		error_set(text, "no answer from %s:%s within %s", p->host, p->port,
			text_latency(c->first_byte_timeout_us, limit, sizeof(limit)));
		break;
	case NET_TIMEOUT_IDLE:
		error_set(text, "the answer of %s:%s stalled for %s", p->host, p->port,
			text_latency(c->idle_timeout_us, limit, sizeof(limit)));
		break;
	default:
		error_set(text, "no complete answer from %s:%s within %s", p->host, p->port,
			text_latency(c->timeout_us, limit, sizeof(limit)));
	}
}

void transfer_explain(const struct transfer *x, struct error *text)
{
	struct peer p = {"", ""};

	if (x->end.refused) {
		error_set(text, "%s", x->end.message);
		return;
	}
	if (!peer_of(x, &p) && x->end.result == NET_ERROR) {
		error_set(text, "the URL is not valid: %s", curl_easy_strerror(x->end.code));
		return;
	}
	switch (x->end.result) {
	case NET_STATUS:
		error_set(text, "%s", "");
		break;
	case NET_ERROR:
		explain_error(x, &p, text);
		break;
	case NET_TOO_LARGE:
		explain_too_large(x, text);
		break;
	case NET_CANCELLED:
		error_set(text, "cancelled");
		break;
	default:
		explain_timeout(x, &p, text);
	}
}
