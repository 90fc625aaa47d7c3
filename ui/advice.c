#include "config.h"

#include "advice.h"

#include <string.h>

static const struct advice by_outcome[OUTCOME_COUNT] = {
	[OUTCOME_RATE_LIMITED] = {"is sent again when the server allows; costs no attempt",
		"Nothing: the pace adapts. If they continue, lower the limit with [, or use `set "
		"rpm`, `set tpm` with the numbers of your plan."},
	[OUTCOME_SERVER_ERROR] = {"is sent again after a pause, up to --max-attempts",
		"Wait; the breaker holds the items if it lasts. When the server is well, R retries "
		"the failed items."},
	[OUTCOME_TIMEOUT] = {"is sent again after a pause, up to --max-attempts",
		"Send fewer at once (-) if the server is slow under load; raise --timeout for long "
		"answers, or use --stream with --idle-timeout."},
	[OUTCOME_NETWORK] = {"is sent again after a pause, up to --max-attempts",
		"Check the address, DNS, proxy and network of this machine; sluice continues when "
		"the network is back."},
	[OUTCOME_CLIENT_ERROR] = {"is final: the same request would be refused again",
		"Enter twice shows the request of an item. Fix these lines, then run again with "
		"--retry-failed."},
	[OUTCOME_AUTH] = {"the endpoint is held and probed with one item at a time",
		"Fix the key: `key reload` reads --key-file or runs --key-command again. H probes "
		"at once."},
	[OUTCOME_QUOTA] = {"the model or endpoint is held and probed now and then",
		"Raise the quota or pay the bill, then press H; or add a fallback endpoint."},
	[OUTCOME_BAD_RESPONSE] = {"is sent again, up to --max-attempts or --expect-attempts",
		"Read an answer (Enter twice). Usual causes: a wrong address, a cut stream, or "
		"--expect asks for too much."},
	[OUTCOME_TOO_LARGE] = {"is final: the request or the answer is larger than allowed",
		"Split these inputs, request fewer tokens, or raise --max-response."},
	[OUTCOME_BAD_INPUT] = {"is final: the line is not a request",
		"`sluice check FILE` lists these lines and their errors. Fix them, then run "
		"again."},
	[OUTCOME_CANCELLED] = {"is final", "r queues the selected item again."},
};

/* What the server's words say more exactly than the outcome. */
static const struct {
	enum outcome outcome;
	const char *word; /* of code or message */
	const char *todo;
} by_word[] = {
	{OUTCOME_CLIENT_ERROR, "context_length",
		"The input exceeds the model's context: shorten these lines, or use a model with a "
		"larger context."},
	{OUTCOME_CLIENT_ERROR, "maximum context",
		"The input exceeds the model's context: shorten these lines, or use a model with a "
		"larger context."},
	{OUTCOME_CLIENT_ERROR, "model_not_found",
		"The endpoint has no such model: fix the name in these lines, or `models=` of the "
		"endpoint."},
	{OUTCOME_CLIENT_ERROR, "content_filter",
		"The provider's filter refused these inputs: reword them; a retry does not help."},
	{OUTCOME_BAD_RESPONSE, "finish_reason",
		"The answers were cut off: raise max_tokens in these lines, or remove --expect "
		"finish_reason."},
	{OUTCOME_NETWORK, "SSL",
		"Check the scheme (https to a plain port?), the proxy, and certificates "
		"(SSL_CERT_FILE)."},
	{OUTCOME_NETWORK, "certificate",
		"Check the scheme (https to a plain port?), the proxy, and certificates "
		"(SSL_CERT_FILE)."},
	{OUTCOME_NETWORK, "resolve",
		"The host name does not resolve: check the URL, DNS and proxy."},
};

struct advice advice_of(const struct error_group *g)
{
	struct advice a = by_outcome[g->outcome];

	for (size_t i = 0; i < sizeof(by_word) / sizeof(by_word[0]); i++)
		if (by_word[i].outcome == g->outcome &&
			(strcasestr(g->code, by_word[i].word) ||
				strcasestr(g->message, by_word[i].word))) {
			a.todo = by_word[i].todo;
			break;
		}
	return a;
}
