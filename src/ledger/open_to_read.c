#include "config.h"

#include "ledger/open_to_read.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "ledger/ledger_impl.h"
#include "ledger/run_files.h"

/* Takes a descriptor of the run's files; without one the file is empty. */
static bool take(struct ledger_file *f, int *fd, const char *path, struct error *err)
{
	struct stat st;

	*f = (struct ledger_file){.fd = *fd, .path = path};
	*fd = -1;
	if (f->fd < 0)
		f->fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (f->fd < 0 || fstat(f->fd, &st) < 0)
		return error_set(err, "cannot read %s: %s", path, strerror(errno));
	f->end = st.st_size > 0 ? (uint64_t)st.st_size : 0;
	return true;
}

static bool take_files(struct ledger *l, struct run_files *files, struct error *err)
{
	l->errors_only = files->journal < 0;
	return take(&l->results, &files->results, l->paths.results, err) &&
	       take(&l->journal, l->errors_only ? &files->errors : &files->journal,
		       l->errors_only ? l->paths.errors : l->paths.journal, err) &&
	       ledger_seed_find(&l->seed, &l->results, &l->journal, err);
}

struct ledger *ledger_open_to_read(
	const char *results, bool *missing, pid_t *holder, struct error *err)
{
	struct ledger *l = xcalloc(1, sizeof(*l));
	struct run_files files;
	struct record_keys keys;
	bool ok;

	buf_init(&l->learned, LEDGER_LINE_MAX);
	buf_init(&l->start, LEDGER_LINE_MAX);
	ledger_paths_init(&l->paths, results);
	l->read_only = true;
	l->results.fd = l->journal.fd = -1;
	ok = run_files_open(&files, results, missing, err) && take_files(l, &files, err);
	*holder = files.holder;
	run_files_close(&files);
	if (!ok) {
		ledger_free(l);
		return NULL;
	}
	keys = record_keys_of(&l->seed.key);
	voids_init(&l->voids, &keys);
	ledger_lines_init(&l->finds, l->journal.fd);
	return l;
}
