/* What the providers' files share; not for others, who use provider.h. */
#ifndef SLUICE_API_PROVIDER_PARTS_H
#define SLUICE_API_PROVIDER_PARTS_H

#include "api/provider.h"

extern const struct provider provider_openai, provider_azure, provider_anthropic, provider_raw;

/* The base URL and the path behind it; a version both have is not doubled. */
bool provider_join(const struct endpoint *e, const struct request_line *line, const char *path,
	size_t len, struct buf *out, struct error *err);

/* Does the request's path end so? */
bool request_goes_to(struct request *r, const char *end);

/* Makes a built request one for a stream if it says "stream":true, or says nothing and ask is
 * given; usage: what it cost is asked for unless it says otherwise, in stream_options. False when
 * the body grew too large. */
bool request_stream(struct request *r, bool ask, bool usage);

/* The OpenAI dialect, which others speak as well. */
const char *openai_path(const struct request_line *line);
bool openai_shape(struct request *r, bool ask);
void openai_usage(struct json_span usage, struct verdict *out);
bool openai_text(struct json_span body, struct buf *out);

/* An address of Azure OpenAI's, and not of its v1 API, which is like OpenAI's own? */
bool azure_is_address(const char *url);

/* Anthropic's. */
void anthropic_usage(struct json_span usage, struct verdict *out);
bool anthropic_text(struct json_span body, struct buf *out);

#endif
