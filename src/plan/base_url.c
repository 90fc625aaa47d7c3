#include "plan/base_url.h"

#include <stdlib.h>
#include <string.h>

#include "api/provider.h"
#include "base/alloc.h"

static const struct provider *choose_provider(
	const struct target_settings *target, const char *line, size_t len, struct error *err)
{
	const struct provider *p = NULL;

	if (!target->provider || !strcmp(target->provider, "auto")) {
		if (target->url)
			p = provider_of_url(target->url);
		return p ? p : provider_guess(line, len);
	}
	p = provider_by_name(target->provider);
	if (!p)
		error_set(err, "--provider %s: unknown provider", target->provider);
	return p;
}

/* A variable that is set to something; NULL when it is not. */
static const char *variable(const char *name)
{
	const char *value = name ? getenv(name) : NULL;

	return value && value[0] ? value : NULL;
}

/* The URL's own ("?api-version=…", as Azure's portal shows addresses); NULL when it has none. */
static char *version_in(const char *url)
{
	static const char name[] = "api-version=";
	const char *query = strchr(url, '?'), *at = query ? strstr(query, name) : NULL;

	if (!at || !strchr("?&", at[-1]))
		return NULL;
	at += sizeof(name) - 1;
	return xstrndup(at, strcspn(at, "&#"));
}

static bool find_version(const struct target_settings *target, const char *url,
	struct endpoint *out, struct error *err)
{
	const struct provider *p = out->provider;
	const char *from = "--url";

	if (!p->api_version)
		return true;
	if (target->api_version)
		out->api_version = xstrdup(target->api_version);
	else if (url)
		out->api_version = version_in(url);
	if (!out->api_version && variable(p->version_env)) {
		from = p->version_env;
		out->api_version = xstrdup(variable(from));
	}
	if (!out->api_version)
		out->api_version = xstrdup(p->api_version);
	return provider_version_valid(out->api_version) ||
	       error_set(err, "%s: not a valid api-version (examples: 2024-10-21, preview)", from);
}

static char *without_trailing_slashes(const char *url)
{
	size_t len = strlen(url);

	while (len && url[len - 1] == '/')
		len--;
	return xstrndup(url, len);
}

bool session_address_find(const struct target_settings *target, const char *first_line, size_t len,
	struct endpoint *out, bool *given, struct error *err)
{
	const struct provider *p = choose_provider(target, first_line, len, err);
	const char *url = target->url && target->url[0] ? target->url : NULL;
	struct error why = {""};

	if (!p)
		return false;
	out->provider = p;
	if (!target->url) {
		url = variable(p->url_env);
		if (url && !request_base_valid(url, &why))
			return error_set(err, "the variable %s: %s", p->url_env, why.text);
	}
	*given = url != NULL;
	if (!url)
		url = p->default_url;
	if (!url && p->url_env)
		return error_set(
			err, "no base URL for %s: give --url or set %s", p->name, p->url_env);
	if (url)
		out->base_url = without_trailing_slashes(url);
	return find_version(target, url, out, err);
}

void session_address_free(struct endpoint *endpoint)
{
	free(endpoint->base_url);
	free(endpoint->api_version);
	endpoint->base_url = endpoint->api_version = NULL;
}
