/* Canned answers from a file (`sluice mock --answers FILE`), to simulate the services of a
 *pipeline. The file has one JSON object a line; the first one that fits a request answers it.
 *
 *	{"path":"/search","has":"q-3","body":{"hits":[]}}   this body
 *	{"path":"/v1/chat/completions","has":"Extract","text":"{\"facts\":3}"}
 *	                                                    an answer of the endpoint's own form in
 *	                                                    which the model says this
 *	{"path":"/cache","status":404,"body":"no"}          with this status, at once
 *
 * path is the request's whole path, has is a text in its body; a line without one fits any. */
#ifndef SLUICE_MOCK_ANSWERS_H
#define SLUICE_MOCK_ANSWERS_H

#include <stddef.h>

#include "base/error.h"

struct canned_answer {
	char *path, *has; /* owned; NULL: any */
	int status;       /* 200 unless given */
	char *body;       /* owned; NULL: text is given */
	char *text;       /* owned, escaped as within a JSON string; NULL: body is given */
};

struct answers {
	struct canned_answer *at;
	size_t n;
};

/* Reads the file. False and err, with the line, when it cannot be read or a line is invalid. Free
 * with answers_free() in either case. */
bool answers_load(const char *file, struct answers *out, struct error *err);
void answers_free(struct answers *a);
/* The first answer that fits a request; NULL: none. body may hold NUL bytes. */
const struct canned_answer *answers_find(
	const struct answers *a, const char *path, const char *body, size_t len);

#endif
