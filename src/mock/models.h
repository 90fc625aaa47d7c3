/* The models that the mock offers. Pure. */
#ifndef SLUICE_MOCK_MODELS_H
#define SLUICE_MOCK_MODELS_H

#include "base/json_writer.h"
#include "mock/call.h"

/* Those listed when none are given; then any other name is accepted, too. */
#define MODELS_USUAL                                                                               \
	"gpt-4o,gpt-4o-mini,text-embedding-3-small,text-embedding-3-large,claude-sonnet-4-5,"      \
	"claude-haiku-4-5"

/* Writes the members of the list of models, or of the one that the path names, in the form of the
 * caller's API. models: names separated by commas. */
void models_put(const struct call *c, const char *models, struct json_writer *w);
/* Sets a fault with status 404 when the call names a model that is not among these. */
void models_check(const struct call *c, const char *models, struct call_fault *fault);

#endif
