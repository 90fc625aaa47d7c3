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

#define SEGMENT(text)                                                                              \
	{                                                                                          \
		"/" text, sizeof("/" text) - 1                                                     \
	}

/* By the last segment of a path. */
static enum asked asked_at(const char *url, size_t len)
{
	static const struct {
		struct json_span segment;
		enum asked asked;
	} calls[] = {
		{SEGMENT("completions"), ASKED_CHOICES},
		{SEGMENT("messages"), ASKED_MESSAGE},
		{SEGMENT("responses"), ASKED_RESPONSE},
		{SEGMENT("embeddings"), ASKED_EMBEDDINGS},
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		struct json_span segment = calls[i].segment;

		if (len >= segment.len && !memcmp(url + len - segment.len, segment.at, segment.len))
			return calls[i].asked;
	}
	return ASKED_OTHER;
}

enum asked provider_asked(const struct provider *p, const struct request *r)
{
	const char *url = r->url.data;
	size_t len = r->url.len;
	enum asked asked;

	if (!p->answers_json || strcmp(r->method, "POST") != 0)
		return ASKED_OTHER;
	asked = asked_at(url, len);
	if (asked == ASKED_OTHER) {
		len = strcspn(url, "?#");
		while (len && url[len - 1] == '/')
			len--;
		asked = asked_at(url, len);
	}
	/* messages of a thread are objects of another kind */
	return asked == ASKED_MESSAGE && strstr(url, "/threads/") ? ASKED_OTHER : asked;
}
