/* Keeps the secrets of the run and of the request out of answers: a server may repeat them. */
#ifndef SLUICE_CORE_ANSWER_SCRUB_H
#define SLUICE_CORE_ANSWER_SCRUB_H

#include "core/engine_internal.h"

/* The texts that replace those of an answer. */
struct scrubbed {
	struct buf headers, body, error, stream_error;
	struct stream_end end;
};

/* Stores the secrets of the request's headers and URL in the attempt. */
void scrub_note_request(struct attempt *a, const struct request *r);
/* Takes the secrets out of an answer before any other code reads it, an assembled stream included.
 * Copies only the texts that have secrets; s owns the copies until scrub_end(). */
void scrub_answer(
	struct engine *e, const struct attempt *a, struct answer *answer, struct scrubbed *s);
/* Frees the copies. */
void scrub_end(struct scrubbed *s);
/* Takes the secrets out of the texts of a verdict, which are decoded: they may be spelt differently
 * in the answer. */
void scrub_verdict(struct engine *e, const struct attempt *a, struct verdict *v);
/* Takes the secrets out of a text about the attempt, in place. */
void scrub_text(struct engine *e, const struct attempt *a, struct buf *text);

#endif
