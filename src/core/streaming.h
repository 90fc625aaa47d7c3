/* Answers that come as streams of events: each attempt takes its own while it arrives. */
#ifndef SLUICE_CORE_STREAMING_H
#define SLUICE_CORE_STREAMING_H

#include "core/engine_internal.h"

/* Makes the attempt's request hand its answer over, should it be a stream; before it starts. */
void streaming_prepare(struct engine *e, struct attempt *a, struct request *r);
/* Is the answer in flight a stream? */
bool streaming_is_on(const struct attempt *a);
/* About how many tokens of it are there; 0 when it is none. */
uint64_t streaming_tokens(const struct attempt *a);
/* Puts what the stream added up to in place of the transport's answer. */
void streaming_answer(struct attempt *a, struct answer *answer);
/* Gives the memory of the attempt's stream back. */
void streaming_free(struct attempt *a);

#endif
