/* A file of the ledger written anew beside itself and put in its own place, so that a kill leaves
 * one or the other. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "ledger/ledger_impl.h"

static bool begin(const struct ledger_file *f, struct ledger_file *to)
{
	struct stat st;

	unlink(to->path); /* left by a kill; the lock proves that nobody else uses it */
	to->fd = open(to->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return to->fd >= 0 && fstat(f->fd, &st) == 0 && fchmod(to->fd, st.st_mode & 0777) == 0;
}

/* From here on it is the file. */
static void take_over(struct ledger *l, struct ledger_file *f, const struct ledger_file *to)
{
	sync_thread_swap(&l->sync, f->fd, to->fd);
	ledger_lines_free(&l->finds);
	ledger_lines_free(&l->result_finds);
	close(f->fd);
	f->fd = to->fd;
	f->end = to->end;
	ledger_lines_init(&l->finds, l->journal.fd);
}

/* With the rights and the lock of the one whose place it takes. */
static bool renew(struct ledger *l, struct ledger_file *f, const char *own,
	const struct ledger_renewal *r, struct error *err)
{
	size_t size = strlen(own) + sizeof(".tmp");
	char *path = xmalloc(size);
	struct ledger_file to = {.fd = -1, .path = path};
	bool ok;

	snprintf(path, size, "%s.tmp", own);
	ok = (begin(f, &to) && r->fill(r->ctx, &to) && io_sync(to.fd)) ||
	     error_set(err, "%s: %s: %s", f->path, r->fails, strerror(errno));
	ok = ok && ledger_file_lock(&to, err);
	if (ok && rename(path, own) < 0)
		ok = error_set(err, "%s: %s: %s", f->path, r->fails, strerror(errno));
	if (ok) {
		take_over(l, f, &to);
	} else {
		if (to.fd >= 0)
			close(to.fd);
		unlink(path);
	}
	free(path);
	return ok && io_sync_folder(own, err);
}

bool ledger_renew(
	struct ledger *l, struct ledger_file *f, const struct ledger_renewal *r, struct error *err)
{
	char *own = realpath(f->path, NULL); /* a link stays one */
	bool ok = renew(l, f, own ? own : f->path, r, err);

	free(own);
	return ok;
}
