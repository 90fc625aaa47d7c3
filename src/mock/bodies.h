/* Writes the mock API's answers: believable bodies in the form of each endpoint. Pure; all are
 * valid JSON for any request. */
#ifndef SLUICE_MOCK_BODIES_H
#define SLUICE_MOCK_BODIES_H

#include <stdint.h>

#include "base/json_writer.h"
#include "mock/call.h"
#include "mock/model.h"

/* Appends the body of a 200. created_s: seconds since 1970. */
void body_write(const struct call *c, int64_t created_s, struct buf *out);
/* Appends an error body for this status. message: NULL for the usual one. hint: the text of a
 * refusal may say when to try again. */
void body_write_error(const struct call *c, int status, const struct model_decision *d,
	const char *message, bool hint, struct buf *out);

/* The number of texts in an embeddings request: the elements of a valid array, 1 for anything else.
 */
int body_count_inputs(struct json_span input);

/* Parts shared with streams. */
/* Appends the generated text, harmless within a JSON string. */
void body_text(const struct call *c, struct buf *out);
/* Writes the generated text as a JSON string. */
void body_put_text(const struct call *c, struct json_writer *w);
/* Writes the call's id with this prefix as a JSON string: "chatcmpl-0123456789abcdef00000001". */
void body_put_id(const struct call *c, const char *prefix, struct json_writer *w);
/* Writes the model's name as a JSON string, as in the request. */
void body_put_model(const struct call *c, struct json_writer *w);
/* Writes the usage object in the endpoint's form. */
void body_put_usage(const struct call *c, struct json_writer *w);
/* "stop"/"length" in the endpoint's words. */
const char *body_finish_reason(const struct call *c);

#endif
