#include "config.h"

#include "advice.h"

#include <string.h>

static const struct advice by_outcome[OUTCOME_COUNT] = {
	[OUTCOME_RATE_LIMITED] = {"waits as the server says and is sent again; spends no attempt",
		"Nothing: the pace adapts. Many of them all the time: [ lowers the limit, or `set rpm`, "
		"`set tpm` to what your plan has."},
	[OUTCOME_SERVER_ERROR] = {"is sent again after a pause, up to --max-attempts",
		"Wait; the breaker holds the items if it lasts. R retries what failed for good, once "
		"the server is well."},
	[OUTCOME_TIMEOUT] = {"is sent again after a pause, up to --max-attempts",
		"Fewer at once (-) if the server is slow under load; a longer --timeout for long "
		"answers; --stream with --idle-timeout."},
	[OUTCOME_NETWORK] = {"is sent again after a pause, up to --max-attempts",
		"Look at the address, DNS, proxy and network of this machine; sluice goes on by itself "
		"when it is back."},
	[OUTCOME_CLIENT_ERROR] = {"is final: the same request would be refused again",
		"Enter, then Enter on an item, shows the request. Fix these lines and run again with "
		"--retry-failed."},
	[OUTCOME_AUTH] = {"the endpoint is held and probed with one item at a time",
		"Fix the key: the file of --key-file, or what --key-command prints, is read again by "
		"`key reload`. H probes at once."},
	[OUTCOME_QUOTA] = {"the model or endpoint is held and probed now and then",
		"Raise the quota or pay the bill, then H; or a fallback endpoint."},
	[OUTCOME_BAD_RESPONSE] = {"is sent again, up to --max-attempts or --expect-attempts",
		"Read an answer (Enter, then Enter): a wrong address, a cut stream, or --expect wants "
		"what the model does not give."},
	[OUTCOME_TOO_LARGE] = {"is final: the request or the answer is larger than allowed",
		"Split these inputs, ask for fewer tokens, or raise --max-response."},
	[OUTCOME_BAD_INPUT] = {"is final: the line is no request",
		"`sluice check FILE` names each such line and what is wrong. Fix them and run again."},
	[OUTCOME_CANCELLED] = {"is final", "r queues the selected item again."},
};

/* What the server's words say more exactly than the outcome. */
static const struct {
	enum outcome outcome;
	const char *word; /* of code or message */
	const char *todo;
} by_word[] = {
	{OUTCOME_CLIENT_ERROR, "context_length",
		"The input is longer than the model's context: shorten these lines, or ask a model "
		"with a larger one."},
	{OUTCOME_CLIENT_ERROR, "maximum context",
		"The input is longer than the model's context: shorten these lines, or ask a model "
		"with a larger one."},
	{OUTCOME_CLIENT_ERROR, "model_not_found",
		"The endpoint has no such model: fix the name in these lines, or `models=` of the "
		"endpoint."},
	{OUTCOME_CLIENT_ERROR, "content_filter",
		"The provider's filter refused these inputs: reword them; retrying does not help."},
	{OUTCOME_BAD_RESPONSE, "finish_reason",
		"The answers were cut: raise max_tokens in these lines, or leave --expect "
		"finish_reason out."},
	{OUTCOME_NETWORK, "SSL",
		"Check the scheme (https to a plain port?), the proxy, and certificates (SSL_CERT_FILE)."},
	{OUTCOME_NETWORK, "certificate",
		"Check the scheme (https to a plain port?), the proxy, and certificates (SSL_CERT_FILE)."},
	{OUTCOME_NETWORK, "resolve",
		"The host has no address here: check the URL, DNS and proxy."},
};

struct advice advice_of(const struct error_group *g)
{
	struct advice a = by_outcome[g->outcome];

	for (size_t i = 0; i < sizeof(by_word) / sizeof(by_word[0]); i++)
		if (by_word[i].outcome == g->outcome && (strcasestr(g->code, by_word[i].word) ||
								 strcasestr(g->message, by_word[i].word))) {
			a.todo = by_word[i].todo;
			break;
		}
	return a;
}
