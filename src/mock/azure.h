/* The forms of Azure OpenAI that differ from OpenAI's: errors, and the results of its content
 * filters. Pure. */
#ifndef SLUICE_MOCK_AZURE_H
#define SLUICE_MOCK_AZURE_H

#include "base/buf.h"
#include "base/json_writer.h"
#include "mock/call.h"
#include "mock/model.h"

/* Is the path below /openai/deployments/NAME/, where an api-version is needed? */
bool azure_is_deployment(const char *path);
/* Is it such a path, or one of the v1 API? */
bool azure_is_path(const char *path);
/* As body_write_error(). */
void azure_write_error(const struct call *c, int status, const struct model_decision *d,
	const struct call_fault *fault, bool hint, struct buf *out);
/* Write members with the filters' results for the prompt, and for a choice; nothing unless the call
 * is one of Azure's. */
void azure_put_prompt_filters(const struct call *c, struct json_writer *w);
void azure_put_choice_filters(const struct call *c, struct json_writer *w);
/* Writes the members of the first chunk of a stream of Azure's: filters, and no choices. */
void azure_put_first_chunk(const struct call *c, struct json_writer *w);

#endif
