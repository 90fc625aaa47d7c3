#include "launch/again.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/shell.h"
#include "control/registry_list.h"
#include "ledger/run_files.h"

enum { LOOK_MS = 50, WORDS_MAX = 4 << 20 };

static pid_t writer_of(const char *results)
{
	struct run_files files;
	struct error ignored;
	bool missing;
	pid_t pid;

	run_files_open(&files, results, &missing, &ignored);
	pid = files.holder;
	run_files_close(&files);
	return pid;
}

/* Takes name and socket of the run with this pid from the registry. */
static bool find_entry(pid_t pid, struct begun *run)
{
	struct registry_list list;
	struct error ignored;
	bool found = false;

	registry_list_read(&list, false, &ignored);
	for (size_t i = 0; i < list.n && !found; i++) {
		const struct registry_entry *e = &list.entries[i];

		if (e->pid != pid || e->state || !e->socket || access(e->socket, F_OK))
			continue;
		found = true;
		run->name = xstrdup(e->name);
		run->socket = xstrdup(e->socket);
	}
	registry_list_free(&list);
	return found;
}

bool again_find(const char *results, int wait_ms, struct begun *run)
{
	int64_t until_us = clock_mono_us() + wait_ms * US_PER_MS;

	*run = (struct begun){0};
	for (;;) {
		run->pid = writer_of(results);
		if (!run->pid || find_entry((pid_t)run->pid, run) || clock_mono_us() >= until_us)
			return run->pid;
		poll(NULL, 0, LOOK_MS);
	}
}

void again_refuse(const char *results, const struct begun *run, struct buf *out)
{
	buf_addf(out, "%s: another sluice run writes to it (pid %" PRId64 "): ", results, run->pid);
	if (run->socket) {
		buf_adds(out, "watch it with `");
		begun_attach(run, out);
		buf_adds(out, "`, ");
	}
	buf_addf(out, "drain it with `kill %" PRId64 "`, or choose another output with -o",
		run->pid);
}

/* ---- its command line ---- */

char **again_words(int64_t pid)
{
	char path[40];
	struct buf text;
	char **words = NULL;
	size_t n = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	buf_init(&text, WORDS_MAX);
	io_read_all(fd, &text);
	close(fd);
	for (size_t at = 0; at < text.len; at += strlen(text.data + at) + 1) {
		words = xrealloc(words, n + 2, sizeof(*words));
		words[n++] = xstrdup(text.data + at);
		words[n] = NULL;
	}
	buf_free(&text);
	return words;
}

void again_free_words(char **words)
{
	for (char **word = words; word && *word; word++)
		free(*word);
	free(words);
}
