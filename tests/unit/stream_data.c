#include "stream_data.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "source_tree.h"
#include "unit.h"

static const char *folder(void)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/tests/data/stream", source_tree());
	return path;
}

char *stream_data_read(const char *name, size_t *len)
{
	char path[1024], *text = malloc(STREAM_DATA_MAX);
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder(), name);
	f = fopen(path, "rb");
	ck_assert_msg(f != NULL, "%s", path);
	*len = fread(text, 1, STREAM_DATA_MAX - 1, f);
	text[*len] = '\0';
	fclose(f);
	return text;
}

void stream_data_each(void (*visit)(void *ctx, const char *name), void *ctx)
{
	struct dirent *entry;
	int n = 0;
	DIR *dir = opendir(folder());

	ck_assert_msg(dir != NULL, "%s", folder());
	while ((entry = readdir(dir)))
		if (strstr(entry->d_name, ".sse")) {
			visit(ctx, entry->d_name);
			n++;
		}
	ck_assert_int_ge(n, 10);
	closedir(dir);
}
