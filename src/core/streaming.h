/* Streamed answers: each attempt assembles its own while it arrives. */
#ifndef SLUICE_CORE_STREAMING_H
#define SLUICE_CORE_STREAMING_H

#include "core/engine_internal.h"

/* Makes the request deliver its answer to the attempt if it is a stream, and notes what it asks
 * for. To be called before the request starts. */
void streaming_prepare(struct engine *e, struct attempt *a, struct request *r);
/* Is the answer in flight a stream? */
bool streaming_is_on(const struct attempt *a);
/* About how many tokens of the stream have arrived; 0: it is not a stream. */
uint64_t streaming_tokens(const struct attempt *a);
/* Counts in the statistics what the streams in flight have brought since the last call. */
void streaming_count(struct engine *e);
/* Replaces the transport's answer by the assembled stream, or cuts off what does not belong to it,
 * and says what was asked. The attempt owns the texts. */
void streaming_answer(struct attempt *a, struct answer *answer);
/* Frees the attempt's stream. */
void streaming_free(struct attempt *a);

#endif
