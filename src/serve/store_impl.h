/* Inside of the store; for store*.c only. */
#ifndef SLUICE_SERVE_STORE_IMPL_H
#define SLUICE_SERVE_STORE_IMPL_H

#include "serve/store.h"
#include "serve/store_index.h"

/* Syncs that wait at the same time cost a disk little more than one. */
enum { STORE_WRITERS = 4 };

/* A batch whose record could not be written. */
struct store_retry {
	STAILQ_ENTRY(store_retry) next;
	char id[SERVE_ID_SIZE];
};

struct store {
	struct ev_loop *loop;
	char *folder;
	int lock;
	struct jobs *jobs[STORE_WRITERS]; /* of one thread each */
	struct file_list files;
	struct batch_list batches;
	struct store_index file_index, batch_index;
	uint64_t bytes;
	bool measures; /* batches */
	ev_timer again;
	STAILQ_HEAD(, store_retry) retries;
};

/* store.c: in memory only. */
void store_insert_file(struct store *s, struct file_record *f);
void store_insert_batch(struct store *s, struct batch_record *b);
/* Takes what is no more in the store; the caller frees it. */
void store_take_file(struct store *s, struct file_record *f);
void store_take_batch(struct store *s, struct batch_record *b);

#endif
