#include "net/correlation_id.h"

#include <string.h>

#include "base/json.h"

/* Libraries put JSON-RPC's "jsonrpc" within so many bytes. */
enum { RPC_WITHIN = 64 };

static const char *const names[] = {
	"x-request-id", "x-client-request-id", "x-correlation-id", "request-id", "idempotency-key"};

bool correlation_id_in_headers(const char *headers)
{
	const char *value;
	size_t len;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (header_find(headers, strlen(headers), names[i], &value, &len))
			return true;
	return false;
}

static bool header_differs(const char *headers, const struct answer *answer, unsigned *repeats)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *sent, *back;
		size_t sent_len, back_len;
		unsigned bit = 1U << i;

		if (!header_find(headers, strlen(headers), names[i], &sent, &sent_len) ||
			!header_find(
				answer->headers, answer->headers_len, names[i], &back, &back_len))
			continue;
		if (sent_len != back_len || memcmp(sent, back, sent_len)) {
			if (*repeats & bit)
				return true;
			continue;
		}
		*repeats |= bit;
	}
	return false;
}

/* The id of a JSON-RPC call or answer; false when text is neither. */
static bool rpc_id(const char *text, size_t len, struct json_span *id)
{
	struct json_want want[] = {{.name = "jsonrpc"}, {.name = "id"}};

	if (json_pick(text, len, want, 2, NULL) != JSON_VALUE_OBJECT || !want[0].value.at)
		return false;
	*id = want[1].value;
	return id->at && !json_span_is(*id, JSON_VALUE_NULL);
}

bool correlation_id_in_body(const char *body, size_t len)
{
	static const char name[] = "jsonrpc\"";
	const char *end = body + (len < RPC_WITHIN ? len : RPC_WITHIN), *at = body;

	for (; (at = memchr(at, 'j', (size_t)(end - at))); at++)
		if ((size_t)(end - at) >= sizeof(name) - 1 && !memcmp(at, name, sizeof(name) - 1))
			return true;
	return false;
}

static bool rpc_differs(const char *body, size_t body_len, const struct answer *answer)
{
	struct json_span sent, back;

	if (!correlation_id_in_body(body, body_len) || !rpc_id(body, body_len, &sent) ||
		!rpc_id(answer->body, answer->body_len, &back))
		return false;
	return sent.len != back.len || memcmp(sent.at, back.at, sent.len);
}

bool correlation_id_differs(const char *headers, const char *body, size_t body_len,
	const struct answer *answer, unsigned *repeats)
{
	return (*headers && header_differs(headers, answer, repeats)) ||
	       (body_len && rpc_differs(body, body_len, answer));
}
