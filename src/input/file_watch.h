/* Tells what happens to a file while it is read. */
#ifndef SLUICE_INPUT_FILE_WATCH_H
#define SLUICE_INPUT_FILE_WATCH_H

#include <sys/stat.h>

struct file_watch {
	char *path;        /* owned; NULL: it has none */
	struct stat known; /* when it was opened or last checked */
	unsigned reported; /* changes that were reported, a bit each */
};

/* The change since the last call: its size, its time, or another file at its path. Static text,
 * once for each; NULL: nothing new. */
const char *file_watch_changed(struct file_watch *w, int fd);

#endif
