#include "plan/answer_headers.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/hash.h"
#include "plan/redact.h"

/* A '*' at the end stands for any rest. */
static const char *const others[] = {"accept-encoding", "b3", "baggage", "cache-control",
	"connection", "date", "dnt", "expect", "forwarded", "from", "helicone-*", "http-referer",
	"idempotency-key", "keep-alive", "openai-organization", "openai-project", "origin",
	"referer", "traceparent", "tracestate", "user-agent", "via", "x-amzn-trace-id", "x-b3-*",
	"x-client-request-id", "x-cloud-trace-context", "x-correlation-id", "x-datadog-*",
	"x-forwarded-*", "x-goog-user-project", "x-request-id", "x-stainless-*", "x-title"};

static bool is_one(const char *name, size_t len, const char *pattern)
{
	size_t n = strlen(pattern);

	if (pattern[n - 1] == '*')
		return len >= n - 1 && !strncasecmp(name, pattern, n - 1);
	return len == n && !strncasecmp(name, pattern, n);
}

bool answer_header(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (is_one(name, len, others[i]))
			return false;
	return !redact_is_secret_header(name, len);
}

static uint64_t hash_of(const char *origin, size_t origin_len, const char *line, size_t name)
{
	const char *value = line + name + (line[name] == ':'), *end;
	struct buf text;
	uint64_t hash;

	value += strspn(value, " \t");
	end = value + strlen(value);
	while (end > value && strchr(" \t", end[-1]))
		end--;
	buf_init(&text, SIZE_MAX / 2);
	buf_add(&text, origin, origin_len);
	buf_addc(&text, ' ');
	for (size_t i = 0; i < name; i++)
		buf_addc(&text, (char)tolower((unsigned char)line[i]));
	buf_addc(&text, ':');
	buf_add(&text, value, (size_t)(end - value));
	hash = hash_bytes(text.data, text.len);
	buf_free(&text);
	return hash;
}

uint64_t answer_headers_hash(char *const *lines, bool origins)
{
	uint64_t sum = 0;

	for (; lines && *lines; lines++) {
		const char *line = *lines;
		size_t origin = origins ? strcspn(line, " \t") : 0, name;

		line += origin;
		line += strspn(line, " \t");
		name = strcspn(line, ":");
		if (answer_header(line, name))
			sum += hash_of(*lines, origin, line, name);
	}
	return sum;
}
