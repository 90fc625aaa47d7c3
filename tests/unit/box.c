#include "box.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"

static struct box *open_box; /* the one that the fixture drops */

/* Stands in for libc's: the tests open files by the thousand, and none pulls the plug. */
int fsync(int fd)
{
	(void)fd;
	return 0;
}

void box_make(struct box *b)
{
	char results[BOX_FOLDER + 16];

	box_tear_down();
	ck_assert(folder_make(b->folder, sizeof(b->folder)));
	snprintf(results, sizeof(results), "%s/x.jsonl", b->folder);
	ledger_paths_init(&b->paths, results);
	open_box = b;
}

void box_tear_down(void)
{
	struct box *b = open_box;

	if (!b)
		return;
	open_box = NULL;
	unlink(b->paths.results);
	unlink(b->paths.errors);
	unlink(b->paths.journal);
	ledger_paths_free(&b->paths);
	ck_assert_msg(rmdir(b->folder) == 0, "something else is left in %s", b->folder);
}

struct ledger *box_open(const struct box *b)
{
	struct error err = {""};
	struct ledger *l = ledger_open(b->paths.results, &err);

	ck_assert_msg(l, "%s", err.text);
	return l;
}

void box_close(struct ledger *l)
{
	struct error err = {""};

	ck_assert_msg(ledger_close(l, &err), "%s", err.text);
}

/* A process that holds the ledger until it is killed. */
pid_t box_hold(const struct box *b)
{
	int ready[2];
	pid_t pid;
	char c;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		box_open(b);
		if (write(ready[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}
