/* OpenAI's Files and Batches, as routes. */
#ifndef SLUICE_SERVE_OPENAI_H
#define SLUICE_SERVE_OPENAI_H

#include "serve/call.h"
#include "serve/record.h"

/* POST /v1/files: the headers, and then the whole form. */
void openai_upload_begin(struct call *c);
void openai_upload(struct call *c);

void openai_list_files(struct call *c);
void openai_get_file(struct call *c);
void openai_get_content(struct call *c);
void openai_delete_file(struct call *c);

void openai_create_batch(struct call *c);
void openai_list_batches(struct call *c);
void openai_get_batch(struct call *c);
void openai_cancel_batch(struct call *c);

/* The objects of the API. */
void openai_put_file(struct json_writer *w, const struct file_record *f);
void openai_put_batch(struct json_writer *w, const struct batch_record *b);
/* Answers with one of them. */
void openai_answer_file(struct call *c, const struct file_record *f);
void openai_answer_batch(struct call *c, const struct batch_record *b);

/* The caller's file or batch of the path; NULL: it was refused. */
struct file_record *openai_find_file(struct call *c);
struct batch_record *openai_find_batch(struct call *c);

#endif
