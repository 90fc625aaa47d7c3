#include "run/session_endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/provider.h"
#include "base/alloc.h"
#include "base/json.h"
#include "config.h"
#include "run/redact.h"

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

bool session_endpoint_knows(const struct session_endpoint *e, const char *url)
{
	size_t len;

	if (!e->key_name)
		return true;
	len = strlen(e->origin);
	return len && !strncasecmp(url, e->origin, len) && strchr("/?#", url[len]);
}

void session_endpoint_hide_key(const struct session_endpoint *e, struct buf *headers)
{
	buf_addf(headers, "%s:\n", e->key_name);
}

void session_endpoint_show(const struct session_endpoint *e, const char *url, struct buf *out)
{
	bool knows = session_endpoint_knows(e, url);

	for (size_t i = 0; i < e->n_headers; i++) {
		const char *line = e->headers[i];

		if (!e->key || e->key < line || e->key > line + strlen(line))
			redact_headers(line, strlen(line), out);
		else if (knows)
			buf_addf(out, "%s: %s\n", e->key_name, REDACTED);
	}
}

static const struct provider *choose_provider(
	const struct settings *settings, const char *line, size_t len, struct error *err)
{
	const struct provider *p;

	if (!settings->provider || !strcmp(settings->provider, "auto"))
		return provider_guess(line, len);
	p = provider_by_name(settings->provider);
	if (!p)
		error_set(err, "--provider %s: no such provider", settings->provider);
	return p;
}

/* Reads the first line of a file as the key. */
static char *read_key_file(const char *path, struct error *err)
{
	char text[MAX_KEY];
	struct stat st;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		error_set(err, "--key-file %s: %s", path, strerror(errno));
		return NULL;
	}
	if (!fstat(fd, &st) && (st.st_mode & 077))
		fprintf(stderr, "sluice: warning: %s can be read by others; chmod 600 it\n", path);
	n = read(fd, text, sizeof(text) - 1);
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
	return xstrdup(text);
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
	add_header(e, xstrdup(header));
	return true;
}

static char *without_trailing_slashes(const char *url)
{
	size_t len = strlen(url);

	while (len && url[len - 1] == '/')
		len--;
	return xstrndup(url, len);
}

bool session_endpoint_open(struct session_endpoint *e, const struct settings *settings,
	const char *first_line, size_t len, struct error *err)
{
	const struct provider *p = choose_provider(settings, first_line, len, err);
	const char *url = settings->url;
	struct error key_error = {""}, url_error = {""};
	char *key;

	if (!p)
		return false;
	if (!url && p->url_env)
		url = getenv(p->url_env);
	if (url && !url[0])
		url = NULL;
	if (url && !settings->url && !request_base_valid(url, &url_error))
		return error_set(err, "the variable %s: %s", p->url_env, url_error.text);
	key = find_key(p, settings, url != NULL, &key_error);
	if (key_error.text[0])
		return error_set(err, "%s", key_error.text);
	if (!url)
		url = p->default_url;
	e->endpoint.provider = p;
	if (url)
		e->endpoint.base_url = without_trailing_slashes(url);
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
	return true;
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
	free(e->endpoint.base_url);
	*e = (struct session_endpoint){0};
}

static void add_text(struct buf *b, const char *name, const char *text)
{
	buf_addf(b, "%s\"%s\":", b->len ? "," : "", name);
	json_add_string(b, text, strlen(text));
}

void session_endpoint_describe(
	const struct session_endpoint *e, const struct settings *settings, struct buf *fields)
{
	buf_addf(fields, "\"pid\":%ld", (long)getpid());
	add_text(fields, "version", PACKAGE_VERSION);
	add_text(fields, "input", settings->input);
	if (e->endpoint.provider)
		add_text(fields, "provider", e->endpoint.provider->name);
	if (e->origin)
		add_text(fields, "origin", e->origin);
	buf_addf(fields,
		",\"settings\":{\"format\":%d,\"max_attempts\":%" PRId64 ",\"timeout_ms\":%" PRId64
		",\"concurrency\":%d}",
		settings->format, settings->max_attempts, settings->timeout_us / 1000,
		settings->lane.concurrency);
}
