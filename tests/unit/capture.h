/* Catches what code under test prints to standard output. */
#ifndef SLUICE_TESTS_CAPTURE_H
#define SLUICE_TESTS_CAPTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct capture {
	FILE *file;
	int saved;
};

static inline struct capture capture_begin(void)
{
	struct capture c = {.file = tmpfile(), .saved = dup(STDOUT_FILENO)};

	fflush(stdout);
	if (!c.file || c.saved < 0 || dup2(fileno(c.file), STDOUT_FILENO) < 0)
		abort();
	return c;
}

/* What was printed since; the caller frees it. */
static inline char *capture_end(struct capture *c)
{
	char *text;
	long len;

	fflush(stdout);
	dup2(c->saved, STDOUT_FILENO);
	close(c->saved);
	fseek(c->file, 0, SEEK_END);
	len = ftell(c->file);
	rewind(c->file);
	text = calloc(1, (size_t)len + 1);
	if (!text || fread(text, 1, (size_t)len, c->file) != (size_t)len)
		abort();
	fclose(c->file);
	return text;
}

#endif
