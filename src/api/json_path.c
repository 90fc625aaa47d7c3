#include "api/json_path.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_MAX = 256 };

const json_t *json_path(const json_t *v, const char *path)
{
	char step[STEP_MAX];

	while (v && *path) {
		size_t len = strcspn(path, ".");

		if (len >= sizeof(step))
			return NULL;
		memcpy(step, path, len);
		step[len] = '\0';
		v = json_is_array(v) && isdigit((unsigned char)step[0])
			    ? json_array_get(v, strtoul(step, NULL, 10))
			    : json_object_get(v, step);
		path += len + (path[len] == '.');
	}
	return v;
}
