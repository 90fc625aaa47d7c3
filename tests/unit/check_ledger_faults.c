/* The ledger on a disk that misbehaves. pwrite() and fdatasync() of this program stand in for
 * libc's, so that each fault comes at the byte it is wanted at. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "box.h"
#include "unit.h"

static struct box box;

static struct {
	size_t space;     /* bytes that still fit */
	size_t at_most;   /* in one write */
	int error;        /* when nothing fits */
	bool interrupted; /* every second call first */
	unsigned calls;
	int sync_error;
	unsigned syncs;
} disk;

static const int64_t wall_us = INT64_C(1769903999123000);

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	if (disk.interrupted && disk.calls++ % 2 == 0) {
		errno = EINTR;
		return -1;
	}
	if (!disk.space && len) {
		errno = disk.error;
		return -1;
	}
	if (len > disk.space)
		len = disk.space;
	if (len > disk.at_most)
		len = disk.at_most;
	disk.space -= len;
	return syscall(SYS_pwrite64, fd, data, len, at);
}

int fdatasync(int fd)
{
	__atomic_fetch_add(&disk.syncs, 1, __ATOMIC_RELAXED);
	if (!disk.sync_error)
		return fsync(fd);
	errno = disk.sync_error;
	return -1;
}

static void disk_is_good(void)
{
	disk.space = disk.at_most = SIZE_MAX;
	disk.interrupted = false;
	disk.sync_error = 0;
}

static const char results[] = OK_LINE("a", "1") "\n" OK_LINE("b", "2") "\n" OK_LINE("c", "3") "\n";

static void add_three(struct ledger *l)
{
	enum { LEN = sizeof(OK_LINE("a", "1")) };

	for (int i = 0; i < 3; i++)
		ledger_add_result(l, results + i * LEN, LEN);
}

START_TEST(a_full_disk_keeps_everything_at_every_byte)
{
	static const int errors[] = {ENOSPC, EDQUOT};

	for (size_t space = 0; space < sizeof(results) - 1; space++) {
		struct error err = {""};
		struct ledger *l;

		box_make(&box);
		disk_is_good();
		l = box_open(&box);
		add_three(l);
		disk.space = space;
		disk.error = errors[space % 2];
		for (int i = 0; i < 2; i++)
			ck_assert_int_eq(ledger_flush(l, &err), LEDGER_FULL);
		ck_assert_ptr_nonnull(strstr(err.text, box.paths.results));
		ck_assert_uint_eq(ledger_results_written(l), space / (sizeof(results) / 3));
		ck_assert_uint_eq(ledger_unwritten(l), sizeof(results) - 1 - space);
		file_is(box.paths.results, results, space);
		ledger_add_event(l, wall_us, JOURNAL_STOP, "", 0);
		disk_is_good();
		ck_assert_int_eq(ledger_flush(l, &err), LEDGER_OK);
		ck_assert_uint_eq(ledger_results_written(l), 3);
		ck_assert_uint_eq(ledger_journal_written(l), 1);
		file_is(box.paths.results, results, sizeof(results) - 1);
		box_close(l);
	}
}
END_TEST

START_TEST(short_and_interrupted_writes_go_on)
{
	for (size_t at_most = 1; at_most < 20; at_most++) {
		struct ledger *l;

		box_make(&box);
		disk_is_good();
		l = box_open(&box);
		add_three(l);
		disk.at_most = at_most;
		disk.interrupted = true;
		ck_assert_int_eq(ledger_flush(l, NULL), LEDGER_OK);
		ck_assert_uint_eq(ledger_results_written(l), 3);
		file_is(box.paths.results, results, sizeof(results) - 1);
		box_close(l);
	}
}
END_TEST

START_TEST(an_io_error_is_final)
{
	struct error err = {""};
	struct ledger *l;

	box_make(&box);
	disk_is_good();
	l = box_open(&box);
	add_three(l);
	disk.space = 5;
	disk.error = EIO;
	ck_assert_int_eq(ledger_flush(l, &err), LEDGER_ERROR);
	disk_is_good();
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(ledger_flush(l, &err), LEDGER_ERROR);
		ck_assert_ptr_nonnull(strstr(err.text, "x.jsonl"));
		ck_assert_int_eq(ledger_sync(l, &err), LEDGER_ERROR);
	}
	ck_assert(!ledger_close(l, &err));
	file_is(box.paths.results, results, 5);
}
END_TEST

START_TEST(a_disk_that_stays_full_is_told_at_the_close)
{
	struct error err = {""};
	struct ledger *l;

	box_make(&box);
	disk_is_good();
	l = box_open(&box);
	add_three(l);
	disk.space = 5;
	disk.error = ENOSPC;
	ck_assert(!ledger_close(l, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "no space"));
	disk_is_good();
	box_close(box_open(&box));
	file_is(box.paths.results, "", 0);
}
END_TEST

START_TEST(a_failed_sync_is_never_repeated)
{
	struct error err = {""};
	struct ledger *l;
	unsigned syncs;

	box_make(&box);
	disk_is_good();
	l = box_open(&box);
	add_three(l);
	ck_assert_int_eq(ledger_flush(l, NULL), LEDGER_OK);
	disk.sync_error = EIO;
	while (ledger_sync(l, &err) == LEDGER_OK)
		sched_yield();
	ck_assert_ptr_nonnull(strstr(err.text, "lost written data"));
	syncs = disk.syncs;
	disk_is_good();
	add_three(l);
	ck_assert_int_eq(ledger_sync(l, &err), LEDGER_ERROR);
	ck_assert_int_eq(ledger_flush(l, &err), LEDGER_ERROR);
	ck_assert(!ledger_close(l, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "lost written data"));
	ck_assert_uint_eq(disk.syncs, syncs);
}
END_TEST

START_TEST(a_sync_waits_for_something_to_sync)
{
	struct ledger *l;

	box_make(&box);
	disk_is_good();
	l = box_open(&box);
	disk.syncs = 0;
	add_three(l);
	ck_assert_int_eq(ledger_flush(l, NULL), LEDGER_OK);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(ledger_sync(l, NULL), LEDGER_OK);
	box_close(l);
	/* Two files, once by the thread and once by the close. */
	ck_assert_uint_eq(disk.syncs, 4);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_full_disk_keeps_everything_at_every_byte,
		short_and_interrupted_writes_go_on, an_io_error_is_final,
		a_disk_that_stays_full_is_told_at_the_close, a_failed_sync_is_never_repeated,
		a_sync_waits_for_something_to_sync, NULL};

	return unit_run_suite(&(struct unit_suite){
		.name = "ledger faults", .tests = tests, .tear_down = box_tear_down});
}
