#include "base/path.h"

#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *path_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? xstrndup(path, slash == path ? 1 : (size_t)(slash - path)) : xstrdup(".");
}

char *path_beside(const char *path, const char *name)
{
	size_t folder = (size_t)(path_base(path) - path), len = strlen(name);
	char *out = xmalloc(folder + len + 1);

	memcpy(out, path, folder);
	memcpy(out + folder, name, len + 1);
	return out;
}

bool path_is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}
