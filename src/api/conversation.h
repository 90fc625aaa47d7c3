/* What a request says to a model and what it answers, as texts by role, in whichever API's form:
 * for people who read. Images, sounds and files are named in brackets, calls of tools are parts of
 * their own. Pure. */
#ifndef SLUICE_API_CONVERSATION_H
#define SLUICE_API_CONVERSATION_H

#include "base/json.h"

/* Takes the parts in their order. role: "user", "assistant calls get_weather", "tool"; both texts
 * are as they came, decoded, and borrowed for the call. */
struct conversation {
	void (*part)(void *ctx, const char *role, const char *text, size_t len);
	void *ctx;
};

/* The parts of a valid request body. False: none is known, as for a service that is no model. */
bool conversation_of_request(struct json_span body, const struct conversation *c);
/* The parts of a valid body of an answer, of each of its choices; an error's message has the role
 * "error", a vector "vector". False as above. */
bool conversation_of_answer(struct json_span body, const struct conversation *c);

#endif
