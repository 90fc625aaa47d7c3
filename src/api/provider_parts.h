/* Shared by the providers' files. Private to src/api: others use provider.h. */
#ifndef SLUICE_API_PROVIDER_PARTS_H
#define SLUICE_API_PROVIDER_PARTS_H

#include "api/provider.h"

extern const struct provider provider_openai, provider_azure, provider_anthropic, provider_raw;

/* Appends the base URL and the path; a version that both have stands once. False and err when it
 * does not fit. */
bool provider_join(const struct endpoint *e, const struct request_line *line, const char *path,
	size_t len, struct buf *out, struct error *err);

/* Does the path of the request's URL end with this text? */
bool request_goes_to(struct request *r, const char *end);

/* Makes a built request ask for a stream when its body has "stream":true, or has no "stream" and
 * ask is true. usage: also asks for usage in stream_options unless the body says otherwise or the
 * server refuses them, and notes that in the request. False when the body grew too large. */
bool request_stream(struct request *r, bool ask, bool usage);

/* The members of struct provider for the OpenAI dialect, which others use as well. */
const char *openai_path(const struct request_line *line);
bool openai_shape(struct request *r, bool ask);
bool openai_text(struct json_span body, struct buf *out);

/* Is it an address of Azure OpenAI, but not of its v1 API, which is like OpenAI's own? */
bool azure_is_address(const char *url);

/* A member of struct provider for Anthropic, also used by raw. */
bool anthropic_text(struct json_span body, struct buf *out);

#endif
