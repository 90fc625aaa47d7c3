/* Writes the mock API's answers, and the parts that the forms of its endpoints share. Pure; all are
 * valid JSON for any request. */
#ifndef SLUICE_MOCK_BODIES_H
#define SLUICE_MOCK_BODIES_H

#include <stdint.h>

#include "base/json_writer.h"
#include "mock/call.h"
#include "mock/forms.h"
#include "mock/model.h"

/* The form of an endpoint of a model; NULL for any other. */
const struct form *body_form(enum call_kind kind);
/* Appends the body of a 200. created_s: seconds since 1970. models: the names of the models that
 * there are, separated by commas. */
void body_write(const struct call *c, int64_t created_s, const char *models, struct buf *out);
/* Appends an error body for this status. d: the refusal; NULL: none. fault: the words; NULL: the
 * usual ones. hint: the text of a refusal may say when to try again. */
void body_write_error(const struct call *c, int status, const struct model_decision *d,
	const struct call_fault *fault, bool hint, struct buf *out);

/* Does an embeddings request hold several texts? An array of numbers is one text, as tokens. */
bool body_is_input_list(struct json_span input);
/* The number of texts in an embeddings request. */
int body_count_inputs(struct json_span input);

/* Parts shared by the forms. */
/* Appends the text of a choice, as it stands within a JSON string. */
void body_text(const struct call *c, int choice, struct buf *out);
/* Writes the text of a choice as a JSON string, null when the model is silent. */
void body_put_text(const struct call *c, int choice, struct json_writer *w);
/* Writes the call's id with this prefix as a JSON string: "chatcmpl-0123456789abcdef00000001". */
void body_put_id(const struct call *c, const char *prefix, struct json_writer *w);
/* The same with a number, for the id of one of several parts of the answer. */
void body_put_part_id(const struct call *c, const char *prefix, int part, struct json_writer *w);
/* Writes the model's name as a JSON string, as in the request. */
void body_put_model(const struct call *c, struct json_writer *w);
/* Writes the usage object of chat and completions. */
void body_put_usage(const struct call *c, struct json_writer *w);
/* "stop", "length" or "tool_calls" in the endpoint's words. */
const char *body_finish_reason(const struct call *c);

#endif
