#include "run/session_endpoint.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/provider.h"
#include "base/alloc.h"
#include "config.h"
#include "run/redact.h"
#include "run/session_address.h"

enum { MAX_KEY = 64 << 10 };

static void add_header(struct session_endpoint *e, char *line_take)
{
	e->headers = xrealloc(e->headers, e->n_headers + 2, sizeof(*e->headers));
	e->headers[e->n_headers++] = line_take;
	e->headers[e->n_headers] = NULL;
}

/* scheme://host:port, without user info. */
static char *origin_of(const char *url)
{
	const char *host = strstr(url, "://");
	const char *end, *at;
	char *out;

	if (!host)
		return xstrdup(url);
	host += 3;
	end = host + strcspn(host, "/?#");
	at = memchr(host, '@', (size_t)(end - host));
	if (at)
		return xstrdup("");
	out = xstrndup(url, (size_t)(end - url));
	return out;
}

/* Of the base URL's own origin? */
static bool is_own(const struct session_endpoint *e, const char *url)
{
	size_t len = strlen(e->origin);

	return len && !strncasecmp(url, e->origin, len) && strchr("/?#", url[len]);
}

/* Whoever listens on the way could read it. */
static bool is_exposed(const char *url)
{
	CURLU *u = curl_url();
	struct in_addr v4;
	char *host = NULL;
	bool exposed = !strncasecmp(url, "http://", 7);

	if (exposed && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
		curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
		size_t len = strlen(host);

		if (inet_pton(AF_INET, host, &v4) == 1)
			exposed = ntohl(v4.s_addr) >> 24 != 127;
		else
			exposed = strcmp(host, "[::1]") && strcasecmp(host, "localhost") &&
				  (len < 10 || strcasecmp(host + len - 10, ".localhost"));
	}
	curl_free(host);
	curl_url_cleanup(u);
	return exposed;
}

static bool is_secret(const char *header)
{
	return redact_is_secret_header(header, strcspn(header, ":"));
}

bool session_endpoint_hide(const struct session_endpoint *e, const char *url, struct buf *headers)
{
	size_t before = headers->len;

	if (is_own(e, url))
		return false;
	if (e->key_name)
		buf_addf(headers, "%s:\n", e->key_name);
	if (!e->secrets || e->allow_http || !is_exposed(url))
		return headers->len > before;
	for (size_t i = 0; i < e->n_headers; i++)
		if (is_secret(e->headers[i]))
			buf_addf(headers, "%.*s:\n", (int)strcspn(e->headers[i], ":"),
				e->headers[i]);
	return headers->len > before;
}

void session_endpoint_secrets(const struct session_endpoint *e, struct secrets *out)
{
	for (size_t i = 0; i < e->n_headers; i++)
		secrets_add_headers(out, e->headers[i], strlen(e->headers[i]));
	if (e->endpoint.base_url)
		secrets_add_url(out, e->endpoint.base_url);
}

void session_endpoint_show(const struct session_endpoint *e, const char *url, struct buf *out)
{
	bool own = is_own(e, url);

	for (size_t i = 0; i < e->n_headers; i++) {
		const char *line = e->headers[i];

		if (!e->key || e->key < line || e->key > line + strlen(line))
			redact_headers(line, strlen(line), out);
		else if (own)
			buf_addf(out, "%s: %s\n", e->key_name, REDACTED);
	}
}

/* Reads the first line of a file as the key. */
static char *read_key_file(const char *path, struct error *err)
{
	char text[MAX_KEY];
	struct stat st;
	char *key;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		error_set(err, "--key-file %s: %s", path, strerror(errno));
		return NULL;
	}
	if (!fstat(fd, &st) && (st.st_mode & 077))
		fprintf(stderr, "sluice: warning: %s can be read by others; chmod 600 it\n", path);
	do
		n = read(fd, text, sizeof(text) - 1);
	while (n < 0 && errno == EINTR);
	close(fd);
	if (n < 0) {
		error_set(err, "--key-file %s: %s", path, strerror(errno));
		return NULL;
	}
	text[n] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	if (!text[0]) {
		error_set(
			err, "--key-file %s: the first line is empty, it should be the key", path);
		return NULL;
	}
	key = xstrdup(text);
	explicit_bzero(text, sizeof(text));
	return key;
}

/* The key; NULL with err untouched when none is needed, with err set when one is missing. */
static char *find_key(
	const struct provider *p, const struct settings *settings, bool own_url, struct error *err)
{
	const char *name = settings->key_env ? settings->key_env : p->key_env;
	const char *value;

	if (settings->key_file)
		return read_key_file(settings->key_file, err);
	value = name ? getenv(name) : NULL;
	if (value && value[0])
		return xstrdup(value);
	if (settings->key_env)
		error_set(err, "--key-env %s: the variable is not set", name);
	else if (name && !own_url && p->default_url)
		error_set(err,
			"no key: set %s, or name another variable with --key-env or a file "
			"with --key-file",
			name);
	return NULL;
}

/* Only printable characters may go into a header. */
static bool key_is_clean(const char *key)
{
	for (; *key; key++)
		if ((unsigned char)*key < 0x20 || *key == 0x7f)
			return false;
	return true;
}

static bool add_key(
	struct session_endpoint *e, const struct provider *p, const char *key, struct error *err)
{
	size_t size = strlen(p->key_header) + strlen(key) + 1;
	char *line;

	if (!key_is_clean(key))
		return error_set(
			err, "the key holds control characters; check for a stray line break");
	line = xmalloc(size);
	snprintf(line, size, "%s%s", p->key_header, key);
	add_header(e, line);
	e->secrets = true;
	e->key = line + strlen(p->key_header);
	e->key_name = xstrndup(p->key_header, strcspn(p->key_header, ":"));
	return true;
}

static bool add_own_header(struct session_endpoint *e, const char *header, struct error *err)
{
	size_t name = strcspn(header, ":");

	if (!name || !header[name] || strpbrk(header, "\r\n"))
		return error_set(err, "-H wants \"Name: value\" on one line");
	if (name == strlen("content-type") && !strncasecmp(header, "content-type", name))
		e->endpoint.has_content_type = true;
	e->secrets = e->secrets || is_secret(header);
	add_header(e, xstrdup(header));
	return true;
}

static bool has_userinfo(const char *url)
{
	const char *host = strstr(url, "://");

	host = host ? host + 3 : url;
	return memchr(host, '@', strcspn(host, "/?#"));
}

static bool refuse_exposed(const struct session_endpoint *e, const char *url, struct error *err)
{
	if ((!e->secrets && !has_userinfo(url)) || e->allow_http || !is_exposed(url))
		return true;
	return error_set(err, "the key would go over the network unencrypted: give an https:// "
			      "URL, or --allow-http "
			      "where nobody can listen");
}

/* Is it an address of the provider's own? */
static bool is_usual(const struct provider *p, const char *url)
{
	size_t len = p->default_url ? strlen(p->default_url) : 0;

	return len && url && !strncasecmp(url, p->default_url, len) && strchr("/?#", url[len]);
}

bool session_endpoint_open(struct session_endpoint *e, const struct settings *settings,
	bool one_of_many, const char *first_line, size_t len, struct error *err)
{
	const struct provider *p;
	struct error key_error = {""};
	const char *url;
	char *key = NULL;
	bool given;

	if (!session_address_find(settings, first_line, len, &e->endpoint, &given, err))
		return false;
	p = e->endpoint.provider;
	url = e->endpoint.base_url;
	if (!one_of_many || settings->key_env || settings->key_file || is_usual(p, url))
		key = find_key(p, settings, given, &key_error);
	if (key_error.text[0])
		return error_set(err, "%s", key_error.text);
	e->allow_http = settings->allow_http;
	e->origin = origin_of(url ? url : "");
	if (key) {
		bool ok = add_key(e, p, key, err);

		explicit_bzero(key, strlen(key));
		free(key);
		if (!ok)
			return false;
	}
	for (size_t i = 0; p->headers && p->headers[i]; i++)
		add_header(e, xstrdup(p->headers[i]));
	add_header(e, xstrdup("User-Agent: sluice/" PACKAGE_VERSION));
	for (size_t i = 0; settings->headers && settings->headers[i]; i++)
		if (!add_own_header(e, settings->headers[i], err))
			return false;
	return !url || refuse_exposed(e, url, err);
}

void session_endpoint_close(struct session_endpoint *e)
{
	for (size_t i = 0; i < e->n_headers; i++) {
		explicit_bzero(e->headers[i], strlen(e->headers[i]));
		free(e->headers[i]);
	}
	free(e->headers);
	free(e->key_name);
	free(e->origin);
	session_address_free(&e->endpoint);
	*e = (struct session_endpoint){0};
}
