/* The files and batches of a service: folders below DIR are the truth, these are their records in
 * memory. DIR/lock names the process that has them; DIR/files/ID/{content,meta.json} is a file;
 * DIR/batches/ID/{meta.json,source,input.jsonl,…} a batch with its ledger. */
#ifndef SLUICE_SERVE_STORE_H
#define SLUICE_SERVE_STORE_H

#include "base/error.h"
#include "serve/disk.h"
#include "serve/jobs.h"
#include "serve/record.h"

/* The input of a batch as its client has sent it: a link to the file, or the requests of a list.
 * Nobody has it once the batch has ended. */
#define STORE_SOURCE "source"

struct store;

TAILQ_HEAD(file_list, file_record);
TAILQ_HEAD(batch_list, batch_record);

/* Opens the folder, makes it when it is missing (0700), takes its lock, removes what a crash left
 * half there, and reads the records. measures: batches count in store_bytes(), which costs a look
 * into their folders. NULL and err, with the pid of another process that has it. */
struct store *store_open(
	struct ev_loop *loop, const char *folder, bool measures, struct error *err);
/* Waits for what is being written, and notifies the waiters. */
void store_settle(struct store *s);
/* The same, and closes it. NULL is fine. */
void store_close(struct store *s);

/* All of them, the oldest first. */
struct file_list *store_files(struct store *s);
struct batch_list *store_batches(struct store *s);
/* NULL: there is none of this id. */
struct file_record *store_file(const struct store *s, const char *id);
struct batch_record *store_batch(const struct store *s, const char *id);
/* Bytes in all files of the Files API, and in all batches if they are measured: a batch is when its
 * record is written. */
uint64_t store_bytes(const struct store *s);
/* Measures a batch that grows. */
void store_measure_batch(struct store *s, const struct batch_record *b);

/* Paths, as DISK_PATH_MAX bytes: of a file's or batch's folder, or with a name in it. */
void store_file_path(
	const struct store *s, const char *id, const char *name, char out[DISK_PATH_MAX]);
void store_batch_path(
	const struct store *s, const char *id, const char *name, char out[DISK_PATH_MAX]);

/* Something is on the disk, or not: err is NULL, or says why. */
typedef void store_done(void *ctx, const struct error *err);

/* Syncs the open content, which is closed, and writes the record. From done() on, if there was no
 * error, the file is there; otherwise its folder is removed and the record freed. */
void store_add_file(
	struct store *s, struct file_record *f_take, int content_take, store_done *done, void *ctx);
/* A file that a job of the caller's has written with its meta.json. */
void store_adopt_file(struct store *s, struct file_record *f_take);
/* Remove the folder of a file or a batch that was begun and is not wanted. */
void store_drop_content(struct store *s, const char *id);
void store_drop_input(struct store *s, const char *id);
/* The same as store_add_file() for a batch. Its source becomes the content of this file; NULL: its
 * input is in its folder. */
void store_add_batch(struct store *s, struct batch_record *b_take, const char *file_id,
	store_done *done, void *ctx);
/* Writes the batch's record again. done may be NULL: then an error is warned of, and the writing
 * tried again until it works. */
void store_save_batch(struct store *s, const struct batch_record *b, store_done *done, void *ctx);
/* It is gone at once, and from the disk by done(), which may be NULL. */
void store_remove_file(struct store *s, struct file_record *f, store_done *done, void *ctx);
void store_remove_batch(struct store *s, struct batch_record *b, store_done *done, void *ctx);

#endif
