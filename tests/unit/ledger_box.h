/* A folder of its own for the files of one run, and lines to put into them. */
#ifndef SLUICE_TESTS_LEDGER_BOX_H
#define SLUICE_TESTS_LEDGER_BOX_H

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "ledger/paths.h"
#include "ledger/read_back.h"
#include "ledger/replay.h"
#include "unit.h"

/* Stands in for libc's: the tests open files by the thousand, and none pulls the plug. */
int fsync(int fd)
{
	(void)fd;
	return 0;
}

struct box {
	char folder[64];
	struct ledger_paths paths;
};

static inline void box_make(struct box *b)
{
	char results[96];

	strcpy(b->folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/check_ledger.XXXXXX"
							: "/tmp/check_ledger.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(b->folder));
	snprintf(results, sizeof(results), "%s/x.jsonl", b->folder);
	ledger_paths_init(&b->paths, results);
}

static inline void box_drop(struct box *b)
{
	unlink(b->paths.results);
	unlink(b->paths.errors);
	unlink(b->paths.journal);
	ck_assert_int_eq(rmdir(b->folder), 0);
	ledger_paths_free(&b->paths);
}

static inline void file_put(const char *path, const char *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	close(fd);
}

/* The whole file, empty when it is not there. */
static inline void file_get(const char *path, struct buf *out)
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

static inline void file_is(const char *path, const char *data, size_t len)
{
	struct buf got;

	buf_init(&got, SIZE_MAX / 2);
	file_get(path, &got);
	ck_assert_msg(got.len == len && !memcmp(buf_str(&got), data, len),
		"%s holds %zu bytes:\n%s\nand not %zu:\n%s", path, got.len, buf_str(&got), len,
		data);
	buf_free(&got);
}

static inline struct ledger *must_open(const struct box *b)
{
	struct error err = {""};
	struct ledger *l = ledger_open(b->paths.results, &err);

	ck_assert_msg(l, "%s", err.text);
	return l;
}

static inline void must_close(struct ledger *l)
{
	struct error err = {""};

	ck_assert_msg(ledger_close(l, &err), "%s", err.text);
}

/* A process that holds the ledger until it is killed. */
static inline pid_t hold(const struct box *b)
{
	int ready[2];
	pid_t pid;
	char c;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		must_open(b);
		if (write(ready[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

#define LINE_END(line) "\"metadata\":null,\"sluice\":{\"line\":" line ",\"attempts\":2,"
#define OK_LINE(id, line)                                                                          \
	"{\"custom_id\":\"" id "\",\"id\":\"sluice-" line "\",\"response\":{\"status_code\":200,"  \
	"\"request_id\":null,\"body\":{\"t\":\"\xc3\xa9\\\"\"}},\"error\":null," LINE_END(         \
		line) "\"latency_ms\":812.4,\"first_byte_ms\":640.0,\"tokens_in\":21,\"tokens_"    \
		      "out\":19}}"
#define FAILED_LINE(id, line)                                                                      \
	"{\"custom_id\":\"" id "\",\"id\":\"sluice-" line "\",\"response\":null,\"error\":{"       \
	"\"code\":\"timeout\",\"message\":\"\"}," LINE_END(line) "\"outcome\":\"timeout\","        \
								 "\"latency_ms\":30000.0}}"
#define RECORD(event, rest)                                                                        \
	"{\"time\":\"2026-01-31T23:59:59.123Z\",\"event\":\"" event "\"" rest "}"
#define FINAL(state, line) RECORD("final", ",\"state\":\"" state "\",\"line\":" line)

#endif
