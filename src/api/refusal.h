/* Finds the cause of a refusal in its words, where the status alone does not tell: whether this
 * request is at fault or the server is. Pure. Sources stand beside the tables. */
#ifndef SLUICE_API_REFUSAL_H
#define SLUICE_API_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>

#include "api/answer_body.h"

/* Corrects the outcome in the verdict, whose code and message are read, by the body: a transient
 * status that blames the input is a client error, a request larger than a whole limit is too large,
 * and so on. */
void refusal_judge(
	const char *body, size_t len, const struct answer_members *m, struct verdict *out);
/* Do the words name a limit that the request alone is larger than? False when only the present use
 * leaves no room for it. phrases: accept words without figures, too. */
bool refusal_is_too_large(const char *body, size_t len, bool phrases);
/* Does the answer refuse a member of the request of this name? It does when a text of its error
 * names it; a copy of the request within the error does not count. */
bool refusal_names(const struct answer *a, const char *name);

#endif
