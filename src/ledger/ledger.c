#include "config.h"

#include "ledger/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/text.h"
#include "ledger/ledger_impl.h"

/* Never append to, cut or replace a file of another program. */
static bool check_form(int fd, const char *path, const struct ledger_form *form, struct error *err)
{
	return ledger_file_check_form(fd, path, form,
		"sluice leaves it unchanged: choose another output with -o, or move it away", err);
}

/* It is replaced when the run stops. */
static bool check_errors_file(const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool ours;

	if (fd < 0)
		return errno == ENOENT ||
		       error_set(err, "cannot read %s: %s", path, strerror(errno));
	ours = check_form(fd, path, &ledger_results_form, err);
	close(fd);
	return ours;
}

static bool open_file(
	struct ledger_file *f, const char *path, const struct ledger_form *form, struct error *err)
{
	return ledger_file_open(f, path, err) && check_form(f->fd, path, form, err);
}

static bool open_files(struct ledger *l, struct error *err)
{
	if (!open_file(&l->results, l->paths.results, &ledger_results_form, err) ||
		!open_file(&l->journal, l->paths.journal, &ledger_journal_form, err) ||
		!check_errors_file(l->paths.errors, err) || !ledger_file_lock(&l->journal, err) ||
		!ledger_file_lock(&l->results, err) || !ledger_file_settle(&l->journal, err) ||
		!ledger_file_settle(&l->results, err))
		return false;
	if (!ledger_file_has_space(&l->journal))
		return error_set(err,
			"%s: the disk is full or the quota is exhausted; free some space or choose "
			"another output with -o",
			l->paths.journal);
	if (!ledger_file_repair(&l->results, &ledger_results_form, err) ||
		!ledger_file_repair(&l->journal, &ledger_journal_form, err))
		return false;
	return !(l->results.created || l->journal.created) || io_sync_folder(l->paths.results, err);
}

const struct hash_key *ledger_key(const struct ledger *l)
{
	return &l->seed.key;
}

void ledger_free(struct ledger *l)
{
	ledger_lines_free(&l->finds);
	ledger_lines_free(&l->result_finds);
	ledger_sessions_free(&l->sessions);
	ledger_file_close(&l->results);
	ledger_file_close(&l->journal);
	ledger_paths_free(&l->paths);
	buf_free(&l->learned);
	priority_changes_free(&l->priorities);
	voids_free(&l->voids);
	sent_table_free(&l->sent);
	buf_free(&l->start);
	free(l);
}

/* An empty file that we made is of no use to anyone. */
static void remove_unused(const struct ledger_file *f)
{
	struct stat st;

	if (f->fd >= 0 && f->created && !fstat(f->fd, &st) && st.st_size == 0)
		unlink(f->path);
}

struct ledger *ledger_open(const char *results, struct error *err)
{
	struct ledger *l = xcalloc(1, sizeof(*l));
	struct record_keys keys;

	buf_init(&l->learned, LEDGER_LINE_MAX);
	buf_init(&l->start, LEDGER_LINE_MAX);
	ledger_paths_init(&l->paths, results);
	l->results.fd = l->journal.fd = -1;
	if (!open_files(l, err) || !ledger_seed_find(&l->seed, &l->results, &l->journal, err) ||
		!sync_thread_start(&l->sync, l->results.fd, l->journal.fd, err)) {
		remove_unused(&l->results);
		remove_unused(&l->journal);
		ledger_free(l);
		return NULL;
	}
	keys = record_keys_of(&l->seed.key);
	voids_init(&l->voids, &keys);
	ledger_lines_init(&l->finds, l->journal.fd);
	return l;
}

/* The result of every call once the ledger is broken. */
static enum ledger_status answer_broken(const struct ledger *l, struct error *err)
{
	if (err)
		*err = l->broken;
	return LEDGER_ERROR;
}

enum ledger_status ledger_watch(struct ledger *l, struct error *err)
{
	struct error why = {""};

	if (*l->broken.text)
		return answer_broken(l, err);
	if (!ledger_file_check(&l->journal, &why) || !ledger_file_check(&l->results, &why)) {
		l->broken = why;
		l->lost = true;
		return answer_broken(l, err);
	}
	return LEDGER_OK;
}

bool ledger_was_lost(const struct ledger *l)
{
	return l->lost;
}

static enum ledger_status flush_file(struct ledger *l, struct ledger_file *f, struct error *err)
{
	char size[24];
	int error;

	if (ledger_file_unwritten(f) && !ledger_file_is_whole(f))
		return ledger_watch(l, err);
	error = ledger_file_flush(f);
	if (!error)
		return LEDGER_OK;
	if (error == ENOSPC || error == EDQUOT) {
		text_bytes((double)ledger_unwritten(l), size, sizeof(size));
		error_set(err,
			"%s: %s; sluice keeps %s in memory and writes them when space is available",
			f->path, strerror(error), size);
		return LEDGER_FULL;
	}
	error_set(&l->broken, "cannot write %s: %s; fix that, then run the same command to resume",
		f->path, strerror(error));
	return answer_broken(l, err);
}

enum ledger_status ledger_flush(struct ledger *l, struct error *err)
{
	enum ledger_status journal, results;

	if (l->read_only)
		return LEDGER_OK;
	if (*l->broken.text) {
		/* The records of how it ended. */
		if (l->lost && ledger_file_is_whole(&l->journal))
			ledger_file_flush(&l->journal);
		return answer_broken(l, err);
	}
	journal = flush_file(l, &l->journal, err);
	if (journal == LEDGER_ERROR)
		return journal;
	results = flush_file(l, &l->results, err);
	return results > journal ? results : journal;
}

uint64_t ledger_results_written(const struct ledger *l)
{
	return l->results.written;
}

uint64_t ledger_journal_written(const struct ledger *l)
{
	return l->journal.written;
}

size_t ledger_unwritten(const struct ledger *l)
{
	return ledger_file_unwritten(&l->results) + ledger_file_unwritten(&l->journal);
}

static enum ledger_status sync_failed(struct ledger *l, int error, int file, struct error *err)
{
	error_set(&l->broken,
		"%s: the disk lost written data: %s; check the disk, then run the same command to "
		"resume",
		file ? l->paths.journal : l->paths.results, strerror(error));
	return answer_broken(l, err);
}

enum ledger_status ledger_sync(struct ledger *l, struct error *err)
{
	int file, error = sync_thread_error(&l->sync, &file);

	if (error)
		return sync_failed(l, error, file, err);
	if (ledger_watch(l, err) != LEDGER_OK)
		return LEDGER_ERROR;
	if ((l->synced_end[0] != l->results.end || l->synced_end[1] != l->journal.end) &&
		sync_thread_ask(&l->sync)) {
		l->synced_end[0] = l->results.end;
		l->synced_end[1] = l->journal.end;
	}
	return LEDGER_OK;
}

void ledger_abandon(struct ledger *l)
{
	int file;

	sync_thread_finish(&l->sync, &file);
	remove_unused(&l->results);
	remove_unused(&l->journal);
	ledger_free(l);
}

bool ledger_close(struct ledger *l, struct error *err)
{
	enum ledger_status status = ledger_flush(l, err);
	int file, error;

	if (l->read_only) {
		ledger_free(l);
		return true;
	}
	if (status == LEDGER_FULL)
		error_set(err,
			"%s: no space for the last lines; free some space and run the same command "
			"to resume: it runs those items again",
			l->paths.results);
	error = sync_thread_finish(&l->sync, &file);
	if (error)
		status = sync_failed(l, error, file, err);
	ledger_free(l);
	return status == LEDGER_OK;
}
