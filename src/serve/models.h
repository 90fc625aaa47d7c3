/* The models that a service offers: those of its endpoints, in the form of the caller's API. */
#ifndef SLUICE_SERVE_MODELS_H
#define SLUICE_SERVE_MODELS_H

#include "serve/call.h"

/* GET /v1/models: all of the endpoints that speak the API. Anthropic's has pages. */
void models_list(struct call *c);
/* GET /v1/models/{model} */
void models_get(struct call *c);
/* Do the headers say that the caller speaks Anthropic's API? Its path is OpenAI's, too. */
bool models_are_anthropic(struct http_exchange *x);

#endif
