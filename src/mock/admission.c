/* Refuses requests without the key or the api-version. */
#include <string.h>

#include "mock/azure.h"
#include "mock/server.h"

static bool header_is(const struct exchange *e, const char *name, const char *front)
{
	const char *value = MHD_lookup_connection_value(e->connection, MHD_HEADER_KIND, name);
	size_t len = strlen(front);

	return value && !strncmp(value, front, len) && !strcmp(value + len, e->mock->key);
}

static bool has_key(const struct exchange *e)
{
	if (header_is(e, MHD_HTTP_HEADER_AUTHORIZATION, "Bearer "))
		return true;
	if (e->call.anthropic)
		return header_is(e, "x-api-key", "");
	return e->call.azure && header_is(e, "api-key", "");
}

int admission_refuses(const struct exchange *e)
{
	if (e->mock->key && !has_key(e))
		return MHD_HTTP_UNAUTHORIZED;
	if (azure_is_deployment(e->call.path) &&
		!MHD_lookup_connection_value(e->connection, MHD_GET_ARGUMENT_KIND, "api-version"))
		return MHD_HTTP_NOT_FOUND;
	return 0;
}
