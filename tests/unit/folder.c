#include "config.h"

#include "folder.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

bool folder_make(char *path, size_t size)
{
	const char *parent = getenv("TMPDIR");
	int len = snprintf(path, size, "%s/files-XXXXXX", parent ? parent : "/tmp");

	return len > 0 && (size_t)len < size && mkdtemp(path);
}

bool folder_remove(const char *path)
{
	return nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0;
}
