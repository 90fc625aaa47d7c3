/* Checks that the files are still as the run wrote them. Another process may truncate, move or
 * remove them during the run, and its own descriptors would not show it. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "ledger/file.h"

static void say_sizes(const struct ledger_file *f, const struct stat *st, struct error *err)
{
	char is[24], was[24];

	text_bytes((double)st->st_size, is, sizeof(is));
	text_bytes((double)f->end, was, sizeof(was));
	if ((uint64_t)st->st_size < f->end)
		error_set(err,
			"%s: truncated during the run: %s of %s are left; the same command "
			"requests the lost items again",
			f->path, is, was);
	else
		error_set(err,
			"%s: another program wrote to it during the run: it has %s, not %s; check "
			"its end, then run the same command to resume",
			f->path, is, was);
}

/* An unreadable status is not a loss. */
static bool is_elsewhere(const char *path, const struct stat *own)
{
	struct stat named;

	if (stat(path, &named) < 0)
		return errno == ENOENT || errno == ENOTDIR;
	return named.st_dev != own->st_dev || named.st_ino != own->st_ino;
}

bool ledger_file_check(const struct ledger_file *f, struct error *err)
{
	struct stat own;

	if (fstat(f->fd, &own) < 0)
		return error_set(err, "cannot inspect %s: %s", f->path, strerror(errno));
	if (!own.st_nlink)
		return error_set(err,
			"%s: removed during the run; the same command requests its items again",
			f->path);
	if (is_elsewhere(f->path, &own))
		return error_set(err,
			"%s: moved away during the run; put it back, then run the same command to "
			"resume: without the file, sluice requests its items again",
			f->path);
	if ((uint64_t)own.st_size == f->end)
		return true;
	say_sizes(f, &own, err);
	return false;
}

bool ledger_file_is_whole(const struct ledger_file *f)
{
	struct stat st;

	return fstat(f->fd, &st) < 0 || (uint64_t)st.st_size == f->end;
}

/* Between opening and locking it another run may have ended, or put a repaired one in its place. */
bool ledger_file_settle(struct ledger_file *f, struct error *err)
{
	struct stat st;

	if (fstat(f->fd, &st) == 0 && st.st_nlink && !is_elsewhere(f->path, &st)) {
		f->end = (uint64_t)st.st_size;
		return true;
	}
	return error_set(err, "%s: it was replaced just now; start again", f->path);
}
