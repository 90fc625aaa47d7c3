/* Anthropic's message batches, as routes. */
#ifndef SLUICE_SERVE_ANTHROPIC_H
#define SLUICE_SERVE_ANTHROPIC_H

#include "serve/call.h"
#include "serve/record.h"

/* POST /v1/messages/batches: the headers, and then the whole body. */
void anthropic_create_begin(struct call *c);
void anthropic_create(struct call *c);

void anthropic_list(struct call *c);
void anthropic_get(struct call *c);
void anthropic_cancel(struct call *c);
void anthropic_delete(struct call *c);
void anthropic_results(struct call *c);

/* Writes the object of the API; the call's Host is that of its results_url. */
void anthropic_put_batch(struct json_writer *w, const struct call *c, const struct batch_record *b);
/* Answers with it. */
void anthropic_answer_batch(struct call *c, const struct batch_record *b);

#endif
