#include "plan/origin.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/url.h"

/* The port of the scheme that the URL begins with; NULL: another one. */
static const char *usual_port(const char *url)
{
	return !strncasecmp(url, "https://", 8)  ? ":443"
	       : !strncasecmp(url, "http://", 7) ? ":80"
						 : NULL;
}

/* Where the port begins, with its colon, in front of end; end: there is none. */
static const char *port_of(const char *host, const char *end)
{
	const char *at = end;

	while (at > host && isdigit((unsigned char)at[-1]))
		at--;
	return at > host && at[-1] == ':' ? at - 1 : end;
}

char *origin_of(const char *url)
{
	const char *port = usual_port(url), *colon;
	struct url_parts p = url_split(url);
	size_t len, digits;
	char *out;

	/* a backslash neither ends a host nor is part of one: no reader may differ on that */
	if (!port || p.end == p.host || p.host > p.authority ||
		memchr(p.host, '\\', (size_t)(p.end - p.host)))
		return NULL;
	colon = port_of(p.host, p.end);
	if (p.end - colon > 1)
		port = colon;
	len = (size_t)(colon - url);
	digits = port == colon ? (size_t)(p.end - colon) : strlen(port);
	out = xmalloc(len + digits + 1);
	for (size_t i = 0; i < len; i++)
		out[i] = (char)tolower((unsigned char)url[i]);
	memcpy(out + len, port, digits);
	out[len + digits] = '\0';
	return out;
}

bool origin_is_exposed(const char *url)
{
	char *host = !strncasecmp(url, "http://", 7) ? url_host(url) : NULL;
	bool exposed = !strncasecmp(url, "http://", 7);
	struct in_addr v4;
	size_t len;

	if (!host)
		return exposed;
	len = strlen(host);
	if (inet_pton(AF_INET, host, &v4) == 1)
		exposed = ntohl(v4.s_addr) >> 24 != 127;
	else
		exposed = strcmp(host, "[::1]") && strcasecmp(host, "localhost") &&
			  (len < 10 || strcasecmp(host + len - 10, ".localhost"));
	free(host);
	return exposed;
}

static bool has(const struct origins *o, const char *origin)
{
	for (size_t i = 0; i < o->n; i++)
		if (!strcmp(o->text[i], origin))
			return true;
	return false;
}

void origins_add(struct origins *o, const char *url)
{
	char *origin = origin_of(url);

	if (!origin || has(o, origin)) {
		free(origin);
		return;
	}
	o->text = xrealloc(o->text, o->n + 1, sizeof(*o->text));
	o->text[o->n++] = origin;
}

bool origins_have(const struct origins *o, const char *url)
{
	char *origin = origin_of(url);
	bool found = origin && has(o, origin);

	free(origin);
	return found;
}

void origins_free(struct origins *o)
{
	while (o->n)
		free(o->text[--o->n]);
	free(o->text);
	o->text = NULL;
}
