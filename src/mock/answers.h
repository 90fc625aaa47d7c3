/* Answers told by a file (`sluice mock --answers FILE`), so that a pipeline's services can be
 * played: one JSON object a line, of which the first that fits a request answers it.
 *
 *	{"path":"/search","has":"q-3","body":{"hits":[]}}   this body
 *	{"path":"/v1/chat/completions","has":"Extract","text":"{\"facts\":3}"}
 *	                                                    an answer of the endpoint's own form in
 *	                                                    which the model says this
 *	{"path":"/cache","status":404,"body":"no"}          with this status, at once
 *
 * path is the request's whole path, has a text that its body holds; without one any fits. */
#ifndef SLUICE_MOCK_ANSWERS_H
#define SLUICE_MOCK_ANSWERS_H

#include <stddef.h>

#include "base/error.h"

struct canned_answer {
	char *path, *has; /* owned; NULL: any */
	int status;       /* 200 unless told */
	char *body;       /* owned; NULL: text tells */
	char *text;       /* owned, as it stands within a JSON string; NULL: body tells */
};

struct answers {
	struct canned_answer *at;
	size_t n;
};

/* False and err, with the line, when the file cannot be read or a line is none of these. Free with
 * answers_free() in either case. */
bool answers_load(const char *file, struct answers *out, struct error *err);
void answers_free(struct answers *a);
/* The one that fits; NULL. body may hold NUL bytes. */
const struct canned_answer *answers_find(
	const struct answers *a, const char *path, const char *body, size_t len);

#endif
