/* Is the body of a 2xx the answer to what was asked? Private to src/api. */
#ifndef SLUICE_API_USABLE_H
#define SLUICE_API_USABLE_H

#include "api/answer_body.h"

/* Why a body is not the answer. */
struct unusable {
	const char *why;        /* static text for people; NULL: it is the answer */
	struct json_span error; /* what the body says instead; at NULL: nothing */
	struct json_span code;  /* a finish reason that is an error; at NULL: none */
};

/* Looks for what each answer of this API has: a choice with a message or text, content, output, an
 * embedding. They may be empty where the API allows it. */
struct unusable answer_unusable(enum asked asked, const struct answer_members *m);

#endif
