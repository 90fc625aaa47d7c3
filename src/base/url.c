#include "config.h"

#include "base/url.h"

#include <curl/curl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct url_parts url_split(const char *url)
{
	const char *colon = strstr(url, "://"), *at;
	struct url_parts p;

	p.authority = colon ? colon + 3 : url;
	p.end = p.authority + strcspn(p.authority, "/?#");
	at = memrchr(p.authority, '@', (size_t)(p.end - p.authority));
	p.host = at ? at + 1 : p.authority;
	return p;
}

bool url_has_user(const char *url)
{
	struct url_parts p = url_split(url);

	return p.host > p.authority;
}

const char *url_fault(const char *url, size_t len)
{
	char *origin = xstrndup(url, len);
	CURLU *parser = curl_url();
	CURLUcode code;

	*(char *)url_split(origin).end = '\0';
	code = curl_url_set(parser, CURLUPART_URL, origin, 0);
	curl_url_cleanup(parser);
	free(origin);
	return code == CURLUE_OK ? NULL : curl_url_strerror(code);
}

char *url_host(const char *url)
{
	CURLU *parser = curl_url();
	char *part = NULL, *host = NULL;

	if (curl_url_set(parser, CURLUPART_URL, url, 0) == CURLUE_OK &&
		curl_url_get(parser, CURLUPART_HOST, &part, 0) == CURLUE_OK)
		host = xstrdup(part);
	curl_free(part);
	curl_url_cleanup(parser);
	return host;
}

bool url_escape(struct buf *out, const char *text, size_t len)
{
	char *escaped;
	bool fits;

	/* libcurl takes a length of 0 for that of the string */
	if (!len)
		return true;
	escaped = len <= INT_MAX ? curl_easy_escape(NULL, text, (int)len) : NULL;
	fits = escaped && buf_adds(out, escaped);
	curl_free(escaped);
	return fits;
}
