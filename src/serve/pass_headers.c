#include "serve/pass_headers.h"

#include <string.h>
#include <strings.h>

const char *const pass_request_headers[] = {"anthropic-beta", "anthropic-version",
	"idempotency-key", "openai-beta", "traceparent", "tracestate", "x-client-request-id", NULL};

/* What a client reads: of which request it was, how it was limited, and by which version and model
 * it was answered. The account's names, cookies and what belongs to the connection are not its. */
static const char *const names[] = {"azureml-model-session", "content-type", "request-id",
	"retry-after", "retry-after-ms", "x-ms-retry-after-ms", "x-request-id", "x-should-retry"};

static const char *const fronts[] = {
	"anthropic-ratelimit-", "openai-processing-ms", "openai-version", "x-ratelimit-"};

bool pass_answer_header(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len && !strncasecmp(name, names[i], len))
			return true;
	for (size_t i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++)
		if (strlen(fronts[i]) <= len && !strncasecmp(name, fronts[i], strlen(fronts[i])))
			return true;
	return false;
}
