#include "golden.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "source_tree.h"

enum { GOLDEN_MAX = 4 << 20 };

static void write_text(const char *path, struct buf *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_msg(f != NULL, "cannot write %s", path);
	fputs(buf_str(text), f);
	fclose(f);
}

static void read_text(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "r");
	char chunk[4096];
	size_t n;

	ck_assert_msg(f != NULL, "no golden text %s; make update-golden writes it", path);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(out, chunk, n);
	fclose(f);
}

void golden_check(const char *file, struct buf *text)
{
	struct buf golden;
	char path[512];
	const char *is, *was;

	snprintf(path, sizeof(path), "%s/tests/golden/%s", source_tree(), file);
	if (getenv("UPDATE_GOLDEN"))
		write_text(path, text);
	buf_init(&golden, GOLDEN_MAX);
	read_text(path, &golden);
	for (is = buf_str(text), was = buf_str(&golden); *is && *is == *was; is++, was++)
		;
	ck_assert_msg(*is == *was,
		"%s differs at byte %zu, which is now:\n%.120s\nand was:\n%.120s", file,
		(size_t)(is - buf_str(text)), is, was);
	buf_free(&golden);
}
