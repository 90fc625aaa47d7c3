#include "ledger/run_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/file.h"

/* The file for reading; -1 and err when it is none of ours, -1 without err when it is not there. */
static int open_file(const char *path, const struct ledger_form *form, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0) {
		if (errno != ENOENT)
			error_set(err, "cannot read %s: %s", path, strerror(errno));
		return -1;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		error_set(err, "%s is not a regular file; give the results file of a run", path);
	else if (ledger_file_check_form(fd, path, form,
			 "give the file of -o, by default INPUT with .results.jsonl", err))
		return fd;
	close(fd);
	return -1;
}

bool run_files_open(struct run_files *f, const char *results, bool *missing, struct error *err)
{
	*f = (struct run_files){.results = -1, .journal = -1, .errors = -1};
	*err = (struct error){""};
	ledger_paths_init(&f->paths, results);
	f->results = open_file(results, &ledger_results_form, err);
	*missing = f->results < 0 && !*err->text;
	if (*missing)
		return error_set(err, "%s: no such file; give the results file of a run", results);
	if (f->results >= 0)
		f->journal = open_file(f->paths.journal, &ledger_journal_form, err);
	if (!*err->text)
		f->errors = open_file(f->paths.errors, &ledger_results_form, err);
	if (f->journal >= 0)
		f->holder = ledger_file_holder(f->journal);
	return !*err->text;
}

void run_files_close(struct run_files *f)
{
	const int fds[] = {f->results, f->journal, f->errors};

	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	ledger_paths_free(&f->paths);
	f->results = f->journal = f->errors = -1;
}
