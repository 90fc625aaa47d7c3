/* No secret of the run, or of the request itself, comes out of an answer: a server may repeat what
 * it was sent. */
#ifndef SLUICE_CORE_ANSWER_SCRUB_H
#define SLUICE_CORE_ANSWER_SCRUB_H

#include "core/engine_internal.h"

/* The texts that replace those of an answer. */
struct scrubbed {
	struct buf headers, body, error, stream_error;
	struct stream_end end;
};

/* Keeps the secrets of the request's own headers and URL with the attempt. */
void scrub_note_request(struct attempt *a, const struct request *r);
/* Takes the secrets out of an answer, an assembled one, too, before anything looks at it. Nothing
 * is copied where there are none; what was is in s until scrub_end(). */
void scrub_answer(
	struct engine *e, const struct attempt *a, struct answer *answer, struct scrubbed *s);
void scrub_end(struct scrubbed *s);
/* Out of what was decoded, and so may be spelt otherwise than in the answer. */
void scrub_verdict(struct engine *e, const struct attempt *a, struct verdict *v);
/* Out of a text about the attempt, which the buffer holds. */
void scrub_text(struct engine *e, const struct attempt *a, struct buf *text);

#endif
