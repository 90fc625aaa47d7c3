/* fdatasync() off the loop, in one worker thread. A sync that failed is never repeated as if the
 * next one could make it good: the kernel may have dropped the pages already. */
#ifndef SLUICE_LEDGER_SYNC_H
#define SLUICE_LEDGER_SYNC_H

#include <pthread.h>
#include <stdbool.h>

#include "base/error.h"

enum { SYNC_FILES = 2 };

struct sync_thread {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	int fds[SYNC_FILES]; /* borrowed; they must stay open until sync_thread_finish() */
	bool asked, quit;    /* `asked` stays true until the sync has ended */
	int error;           /* errno of the first sync that failed; 0 */
	int error_file;      /* its index in fds */
};

/* Starts the thread; all signals are blocked in it. */
bool sync_thread_start(struct sync_thread *s, int first_fd, int second_fd, struct error *err);
/* From now on it is another descriptor in place of this one. */
void sync_thread_swap(struct sync_thread *s, int from, int to);
/* Requests a sync of both files; false when one is in progress or one has failed. */
bool sync_thread_ask(struct sync_thread *s);
/* The errno of the sync that failed and its file; 0 while all is well. */
int sync_thread_error(struct sync_thread *s, int *file);
/* Ends the thread after the current sync, and syncs both files once more unless a sync has failed;
 * returns as sync_thread_error() does. */
int sync_thread_finish(struct sync_thread *s, int *file);

#endif
