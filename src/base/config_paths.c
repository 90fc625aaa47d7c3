#include "base/config_paths.h"

#include <stdio.h>
#include <stdlib.h>

/* A path in the folder that the variable names, else in this one of the home. */
static bool path_of(
	const char *variable, const char *usual, const char *name, char *out, size_t size)
{
	const char *folder = getenv(variable), *home = getenv("HOME");
	int len;

	/* the specification ignores relative paths */
	if (folder && *folder == '/')
		len = snprintf(out, size, "%s/sluice/%s", folder, name);
	else if (home && *home)
		len = snprintf(out, size, "%s/%s/sluice/%s", home, usual, name);
	else
		return false;
	return len > 0 && (size_t)len < size;
}

bool config_path(const char *name, char *out, size_t size)
{
	return path_of("XDG_CONFIG_HOME", ".config", name, out, size);
}

bool state_path(const char *name, char *out, size_t size)
{
	return path_of("XDG_STATE_HOME", ".local/state", name, out, size) && *out == '/';
}
