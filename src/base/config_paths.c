#include "base/config_paths.h"

#include <stdio.h>
#include <stdlib.h>

bool config_path(const char *name, char *out, size_t size)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	int len;

	/* the specification ignores relative paths */
	if (config && *config == '/')
		len = snprintf(out, size, "%s/sluice/%s", config, name);
	else if (home && *home)
		len = snprintf(out, size, "%s/.config/sluice/%s", home, name);
	else
		return false;
	return len > 0 && (size_t)len < size;
}
