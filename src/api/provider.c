#include "config.h"

#include "api/provider.h"

#include <string.h>
#include <strings.h>

#include "api/provider_parts.h"

static const struct provider *const providers[] = {
	&provider_openai,
	&provider_azure,
	&provider_anthropic,
	&provider_raw,
};

enum { PROVIDERS = sizeof(providers) / sizeof(providers[0]) };

const struct provider *const *provider_table(size_t *n)
{
	*n = PROVIDERS;
	return providers;
}

const struct provider *provider_by_name(const char *name)
{
	for (size_t i = 0; i < PROVIDERS; i++)
		if (!strcasecmp(name, providers[i]->name))
			return providers[i];
	return NULL;
}

const struct provider *provider_of_url(const char *url)
{
	return azure_is_address(url) ? &provider_azure : NULL;
}

bool provider_version_valid(const char *version)
{
	size_t len = strspn(version, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789-._");

	return len && len < 64 && !version[len];
}

const struct provider *provider_guess(const char *first_line, size_t len)
{
	struct request_line line;

	if (request_parse(first_line, len, FORMAT_AUTO, &line, NULL)) {
		if (line.format == FORMAT_ANTHROPIC)
			return &provider_anthropic;
		if (line.format == FORMAT_HTTP)
			return &provider_raw;
	}
	return &provider_openai;
}

static bool goes_to_messages(struct json_span url)
{
	static const char path[] = "/messages";
	const char *at = url.at ? memmem(url.at, url.len, path, sizeof(path) - 1) : NULL;

	return at && strchr("\"?", at[sizeof(path) - 1]);
}

const struct provider *provider_of(const struct provider *p, const struct request_line *line)
{
	switch (line->format) {
	case FORMAT_HTTP:
		return &provider_raw;
	case FORMAT_ANTHROPIC:
		return &provider_anthropic;
	case FORMAT_OPENAI:
		if (goes_to_messages(line->url))
			return &provider_anthropic;
		return p == &provider_anthropic ? &provider_openai : p;
	default:
		return p;
	}
}

/* The last segment of a path, without a slash behind it. */
static struct json_span last_segment(const char *url)
{
	const char *end = url + strcspn(url, "?#"), *at;

	while (end > url && end[-1] == '/')
		end--;
	for (at = end; at > url && at[-1] != '/';)
		at--;
	return (struct json_span){at, (size_t)(end - at)};
}

enum asked provider_asked(const struct provider *p, const struct request *r)
{
	static const struct {
		const char *segment;
		enum asked asked;
	} calls[] = {
		{"completions", ASKED_CHOICES},
		{"messages", ASKED_MESSAGE},
		{"responses", ASKED_RESPONSE},
		{"embeddings", ASKED_EMBEDDINGS},
	};
	struct json_span last;

	if (!p->answers_json || strcmp(r->method, "POST") != 0)
		return ASKED_OTHER;
	last = last_segment(r->url.data);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (last.len != strlen(calls[i].segment) ||
			memcmp(last.at, calls[i].segment, last.len) != 0)
			continue;
		/* messages of a thread are objects of another kind */
		return calls[i].asked != ASKED_MESSAGE || !strstr(r->url.data, "/threads/")
			       ? calls[i].asked
			       : ASKED_OTHER;
	}
	return ASKED_OTHER;
}
