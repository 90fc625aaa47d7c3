#include "input/file_watch.h"

#include <stddef.h>

enum file_change {
	CHANGE_NONE,
	CHANGE_REPLACED,
	CHANGE_GROWN,
	CHANGE_SHORTER,
	CHANGE_WRITTEN,
};

static enum file_change change_of(const struct file_watch *w, const struct stat *now)
{
	const struct stat *known = &w->known;
	struct stat named;

	if (w->path && !stat(w->path, &named) &&
		(named.st_dev != known->st_dev || named.st_ino != known->st_ino))
		return CHANGE_REPLACED;
	if (now->st_size != known->st_size)
		return now->st_size > known->st_size ? CHANGE_GROWN : CHANGE_SHORTER;
	return now->st_mtim.tv_sec != known->st_mtim.tv_sec ||
			       now->st_mtim.tv_nsec != known->st_mtim.tv_nsec
		       ? CHANGE_WRITTEN
		       : CHANGE_NONE;
}

const char *file_watch_changed(struct file_watch *w, int fd)
{
	static const char *const texts[] = {
		[CHANGE_REPLACED] =
			"its path names another file now; the run keeps reading the old one",
		[CHANGE_GROWN] =
			"it has grown; the next run reads lines added after this run reached the "
			"end",
		[CHANGE_SHORTER] = "it was truncated",
		[CHANGE_WRITTEN] = "it was written to",
	};
	enum file_change change;
	struct stat now;

	if (fstat(fd, &now))
		return NULL;
	change = change_of(w, &now);
	w->known = now;
	if (w->reported & 1U << change)
		return NULL;
	w->reported |= 1U << change;
	return texts[change];
}
