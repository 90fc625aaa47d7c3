/* What Azure OpenAI says in other forms than OpenAI: errors, and what its content filters found.
 * Pure. */
#ifndef SLUICE_MOCK_AZURE_H
#define SLUICE_MOCK_AZURE_H

#include "base/buf.h"
#include "base/json_writer.h"
#include "mock/call.h"
#include "mock/model.h"

/* Is the path below /openai/deployments/NAME/, where an api-version is needed? */
bool azure_is_deployment(const char *path);
/* Is it one of those, or of the v1 API's? */
bool azure_is_path(const char *path);
/* As body_write_error(). */
void azure_write_error(const struct call *c, int status, const struct model_decision *d,
	const char *message, bool hint, struct buf *out);
/* Members: what the filters found in the prompt, in a choice; none unless the call is one of
 * Azure's. */
void azure_put_prompt_filters(const struct call *c, struct json_writer *w);
void azure_put_choice_filters(const struct call *c, struct json_writer *w);
/* The members of the chunk that begins a stream of Azure's: filters, and no choices. */
void azure_put_first_chunk(const struct call *c, struct json_writer *w);

#endif
