#include "config.h"

#include "session/hook_environment.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "api/provider.h"
#include "base/alloc.h"

/* "NAME=VALUE" has this name. */
static bool is_named(const char *variable, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(variable, name, n) && variable[n] == '=';
}

static bool is_key(const char *variable, char *const *keys)
{
	size_t n;
	const struct provider *const *providers = provider_table(&n);

	for (; keys && *keys; keys++)
		if (is_named(variable, *keys))
			return true;
	for (size_t i = 0; i < n; i++)
		if (providers[i]->key_env && is_named(variable, providers[i]->key_env))
			return true;
	return false;
}

static bool is_proxy(const char *variable)
{
	static const char suffix[] = "_proxy";
	size_t n = strcspn(variable, "=");

	return n >= sizeof(suffix) - 1 &&
	       !strncasecmp(variable + n - (sizeof(suffix) - 1), suffix, sizeof(suffix) - 1);
}

static bool holds_secret(const char *variable, const struct secrets *secrets)
{
	const char *value = strchr(variable, '=');

	for (size_t i = 0; value && i < secrets->n; i++)
		if (strstr(value, secrets->text[i]))
			return true;
	return false;
}

char **hook_environment(const struct secrets *secrets, char *const *keys, const char *const *more)
{
	size_t n = 0, max = 1;
	char **list;

	for (char **v = environ; v && *v; v++)
		max++;
	for (const char *const *v = more; *v; v++)
		max++;
	list = xcalloc(max, sizeof(*list));
	for (char **v = environ; v && *v; v++)
		if (!is_key(*v, keys) && (is_proxy(*v) || !holds_secret(*v, secrets)))
			list[n++] = xstrdup(*v);
	for (; *more; more++)
		list[n++] = xstrdup(*more);
	return list;
}

void hook_environment_free(char **environment)
{
	for (char **v = environment; v && *v; v++)
		free(*v);
	free(environment);
}
