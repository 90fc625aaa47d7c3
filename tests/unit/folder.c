#include "config.h"

#include "folder.h"

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

void file_put(const char *path, const char *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_msg(fd >= 0, "cannot write %s", path);
	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	close(fd);
}

void file_get(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY);
	char block[4096];
	ssize_t n;

	buf_clear(out);
	while (fd >= 0 && (n = read(fd, block, sizeof(block))) > 0)
		buf_add(out, block, (size_t)n);
	if (fd >= 0)
		close(fd);
}

void file_is(const char *path, const char *data, size_t len)
{
	struct buf got;

	buf_init(&got, SIZE_MAX / 2);
	file_get(path, &got);
	ck_assert_msg(got.len == len && !memcmp(buf_str(&got), data, len),
		"%s holds %zu bytes:\n%s\nand not %zu:\n%s", path, got.len, buf_str(&got), len,
		data);
	buf_free(&got);
}
