#include "plan/credentials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/provider.h"
#include "base/alloc.h"
#include "base/url.h"
#include "config.h"
#include "plan/key_text.h"
#include "plan/key_variable.h"
#include "plan/redact.h"
#include "plan/base_url.h"

static void add_header(struct session_endpoint *e, char *line_take)
{
	e->headers = xrealloc(e->headers, e->n_headers + 2, sizeof(*e->headers));
	e->headers[e->n_headers++] = line_take;
	e->headers[e->n_headers] = NULL;
}

/* scheme://host:port; "" when it holds a user. */
static char *own_origin(const char *url)
{
	return url_has_user(url) ? xstrdup("") : xstrndup(url, (size_t)(url_split(url).end - url));
}

/* Of the base URL's own origin? */
static bool is_own(const struct session_endpoint *e, const char *url)
{
	size_t len = e->origin_len;

	return len && !strncasecmp(url, e->origin, len) &&
	       (url[len] == '/' || strchr("/?#", url[len]));
}

static bool is_secret(const char *header)
{
	return redact_is_secret_header(header, strcspn(header, ":"));
}

/* Is it the line with the key? */
static bool is_key(const struct session_endpoint *e, const char *line)
{
	return e->key && e->key >= line && e->key <= line + strlen(line);
}

/* Is a secret among the user's own headers? */
static bool has_own_secret(const struct session_endpoint *e)
{
	for (size_t i = 0; i < e->n_headers; i++)
		if (is_secret(e->headers[i]) && !is_key(e, e->headers[i]))
			return true;
	return false;
}

/* The user's secrets are sent only to the origins of the run's endpoints. */
static bool is_home(const struct session_endpoint *e, const char *url)
{
	return e->common && origins_have(&e->common->home, url);
}

/* Is there a header of this name among the lines? */
static bool has_line(const char *lines, const char *name)
{
	size_t len = strlen(name);

	while (*lines) {
		if (!strncasecmp(lines, name, len) && lines[len] == ':')
			return true;
		lines += strcspn(lines, "\n");
		lines += *lines == '\n';
	}
	return false;
}

/* A header line with a key; the caller owns it. */
static char *key_line(const struct provider *p, const char *key)
{
	size_t size = strlen(p->key_header) + strlen(key) + 1;
	char *line = xmalloc(size);

	snprintf(line, size, "%s%s", p->key_header, key);
	return line;
}

/* NULL is fine. */
static void free_line(char *line)
{
	if (line)
		explicit_bzero(line, strlen(line));
	free(line);
}

bool session_endpoint_adapt(
	const struct session_endpoint *e, const char *url, const char *own, struct buf *headers)
{
	size_t before = headers->len;
	bool at_home = is_own(e, url);

	if (at_home && !(e->common && e->common->n) && !e->renewed)
		return false;
	if (!at_home && e->key_name)
		buf_addf(headers, "%s:\n", e->key_name);
	if (!at_home && e->secrets &&
		(!is_home(e, url) || (!e->allow_http && origin_is_exposed(url))))
		for (size_t i = 0; i < e->n_headers; i++)
			if (is_secret(e->headers[i]))
				buf_addf(headers, "%.*s:\n", (int)strcspn(e->headers[i], ":"),
					e->headers[i]);
	if (e->common)
		origin_headers_for(e->common, url, own, headers);
	if (at_home && e->renewed && !has_line(own, e->key_name) &&
		!has_line(buf_str(headers), e->key_name))
		buf_addf(headers, "%s\n", e->renewed);
	return headers->len > before;
}

void session_endpoint_renew(struct session_endpoint *e, const char *key)
{
	free_line(e->renewed);
	e->renewed = key_line(e->endpoint.provider, key);
}

bool session_endpoint_withholds(const struct session_endpoint *e, const char *url)
{
	return !is_own(e, url) && has_own_secret(e) && !is_home(e, url);
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
	bool own = url && is_own(e, url), home = own || (url && is_home(e, url));

	if (e->common)
		origin_headers_show(e->common, url, out);
	for (size_t i = 0; i < e->n_headers; i++) {
		const char *line = e->headers[i];

		if (is_key(e, line)) {
			if (own)
				buf_addf(out, "%s: %s\n", e->key_name, REDACTED);
		} else if (home || !is_secret(line)) {
			redact_headers(line, strlen(line), out);
		}
	}
}

/* The key in the environment; NULL with err untouched when none is needed, with err set when one is
 * missing or malformed. */
static char *find_variable(struct session_endpoint *e, const struct provider *p,
	const struct target_settings *target, bool own_url, struct error *err)
{
	const char *name = target->key_env ? target->key_env : p->key_env, *fault;
	char *key = key_variable_read(name);

	if (!key && target->key_env)
		error_set(err, "--key-env %s: the variable is not set", name);
	else if (!key && name && !own_url && p->default_url)
		error_set(err,
			"no key: set %s, or name another variable with --key-env, a file with "
			"--key-file or a command with --key-command",
			name);
	fault = key ? key_text_fault(key) : NULL;
	if (fault)
		error_set(err, "the key in %.200s: %s", name, fault);
	if (key)
		e->variable = xstrdup(name);
	return key;
}

/* The key, which the caller owns and wipes; NULL as find_variable(). */
static char *find_key(struct session_endpoint *e, const struct provider *p,
	const struct target_settings *target, bool own_url, struct error *err)
{
	const char *key;

	if (!e->source)
		return find_variable(e, p, target, own_url, err);
	key = key_source_key(e->source, err);
	return key ? xstrdup(key) : NULL;
}

static void add_key(struct session_endpoint *e, const struct provider *p, const char *key)
{
	char *line = key_line(p, key);

	add_header(e, line);
	e->secrets = true;
	e->key = line + strlen(p->key_header);
	e->key_name = xstrndup(p->key_header, strcspn(p->key_header, ":"));
}

static bool add_own_header(struct session_endpoint *e, const char *header, struct error *err)
{
	size_t name = strcspn(header, ":");
	struct error why;
	char *line;

	if (!key_text_is_header(header))
		return error_set(err, "-H takes \"Name: value\" on one line");
	if (name == strlen("content-type") && !strncasecmp(header, "content-type", name))
		e->endpoint.has_content_type = true;
	line = xstrdup(header);
	add_header(e, line);
	if (!is_secret(header))
		return true;
	e->secrets = true;
	return key_text_check_header(line, &why) || error_set(err, "-H %s", why.text);
}

static bool refuse_exposed(const struct session_endpoint *e, const char *url, struct error *err)
{
	if ((!e->secrets && !url_has_user(url)) || e->allow_http || !origin_is_exposed(url))
		return true;
	return error_set(err, "the key would travel unencrypted: give an https:// URL, or "
			      "--allow-http on a trusted network");
}

/* Is it an address of the provider's own? */
static bool is_usual(const struct provider *p, const char *url)
{
	size_t len = p->default_url ? strlen(p->default_url) : 0;

	return len && url && !strncasecmp(url, p->default_url, len) && strchr("/?#", url[len]);
}

bool session_endpoint_open(struct session_endpoint *e, const struct target_settings *target,
	const struct request_settings *request, bool one_of_many, const char *first_line,
	size_t len, struct error *err)
{
	const struct provider *p;
	struct error key_error = {""};
	const char *url;
	char *key = NULL;
	bool given;

	if (!session_address_find(target, first_line, len, &e->endpoint, &given, err))
		return false;
	p = e->endpoint.provider;
	url = e->endpoint.base_url;
	if (!one_of_many || target->key_env || e->source || is_usual(p, url))
		key = find_key(e, p, target, given, &key_error);
	e->endpoint.stream = request->stream;
	e->endpoint.key_changes = e->source != NULL;
	e->allow_http = request->allow_http;
	e->origin = own_origin(url ? url : "");
	e->origin_len = strlen(e->origin);
	if (key) {
		add_key(e, p, key);
		explicit_bzero(key, strlen(key));
		free(key);
	}
	if (key_error.text[0])
		return error_set(err, "%s", key_error.text);
	for (size_t i = 0; p->headers && p->headers[i]; i++)
		add_header(e, xstrdup(p->headers[i]));
	add_header(e, xstrdup("User-Agent: sluice/" PACKAGE_VERSION));
	for (size_t i = 0; request->headers && request->headers[i]; i++)
		if (!add_own_header(e, request->headers[i], err))
			return false;
	if (!url && has_own_secret(e))
		return error_set(err, "secrets of -H are sent only to the run's endpoints, but the "
				      "run has none: give --url, or --header-for 'ORIGIN Name: "
				      "value'");
	return !url || refuse_exposed(e, url, err);
}

void session_endpoint_wipe(const struct session_endpoint *e)
{
	if (e->variable)
		key_variable_wipe(e->variable);
}

void session_endpoint_close(struct session_endpoint *e)
{
	for (size_t i = 0; i < e->n_headers; i++)
		free_line(e->headers[i]);
	free_line(e->renewed);
	free(e->headers);
	free(e->key_name);
	free(e->variable);
	free(e->origin);
	session_address_free(&e->endpoint);
	*e = (struct session_endpoint){0};
}
