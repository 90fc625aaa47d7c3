/* The method and path of a request. The first byte chooses a route, whose {id} the rest takes the
 * place of; the second byte a method; and the rest alone is a path, too. What is found is what was
 * asked for, and an id is a plain word, so that it names nothing but a folder of the store. */
#include "fuzz.h"
#include "serve/routes.h"
#include "serve/serve_id.h"

enum { PATH_MAX_BYTES = 8192 };

static const char *const methods[] = {"GET", "HEAD", "POST", "DELETE", "PUT", "get", ""};

enum { METHODS = sizeof(methods) / sizeof(methods[0]) };

/* The path that a pattern has with this id. */
static void fill(const char *pattern, const char *id, char out[PATH_MAX_BYTES])
{
	const char *hole = strstr(pattern, "{id}");

	if (hole)
		snprintf(out, PATH_MAX_BYTES, "%.*s%s%s", (int)(hole - pattern), pattern, id,
			hole + 4);
	else
		snprintf(out, PATH_MAX_BYTES, "%s", pattern);
}

static const struct route *find(const char *method, const char *path, char id[SERVE_ID_SIZE])
{
	char other[SERVE_ID_SIZE], whole[PATH_MAX_BYTES];
	const char *allow = NULL, *first;
	const struct route *route = route_find(method, path, id, &allow);

	must(route_form(path));
	must(!*id || serve_id_valid(id) || !strcmp(id, "?"));
	if (route && strcmp(id, "?") != 0) {
		fill(route->path, id, whole);
		must(!strcmp(whole, path));
	}
	if (!route && allow) {
		/* what is named may be asked */
		first = strncmp(allow, "GET", 3) != 0
				? strncmp(allow, "POST", 4) != 0 ? "DELETE" : "POST"
				: "GET";
		must(route_find(first, path, other, &allow));
	}
	return route;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char rest[PATH_MAX_BYTES / 2], path[PATH_MAX_BYTES], id[SERVE_ID_SIZE];
	const struct route *routes, *route, *found;
	size_t n;

	if (size < 2 || size - 2 >= sizeof(rest))
		return 0;
	memcpy(rest, data + 2, size - 2);
	rest[size - 2] = '\0';
	routes = route_table(&n);
	route = &routes[data[0] % n];
	fill(route->path, rest, path);
	found = find(route->method, path, id);
	if (!strstr(route->path, "{id}"))
		must(found == route);
	else if (*rest && !strchr(rest, '/'))
		must(found && !strcmp(id, serve_id_valid(rest) ? rest : "?"));
	find(methods[data[1] % METHODS], path, id);
	find(methods[data[1] % METHODS], rest, id);
	return 0;
}
