/* Canned answers from a file (`sluice mock --answers FILE`), to simulate the services of a
 * pipeline, or the odd answers of a server. The file has one JSON object a line; the first one that
 * fits a request answers it.
 *
 *	{"path":"/search","has":"q-3","body":{"hits":[]}}   this body
 *	{"path":"/v1/chat/completions","has":"Extract","text":"{\"facts\":3}"}
 *	                                                    an answer of the endpoint's own form in
 *	                                                    which the model says this
 *	{"path":"/cache","status":404,"body":"no"}          with this status, at once
 *	{"has":"q-3","status":429,"times":2,"headers":{"retry-after":"1"}}
 *	                                                    only the first two times, with a header
 *	                                                    and the endpoint's own form of it
 *	{"has":"q-4","text":null,"finish":"content_filter"} a model that says nothing, and why
 *	{"has":"q-5","latency":"3s","body":{}}              after this time
 *	{"has":"q-6","drop":true,"times":1}                 closes the connection without an answer
 *
 * path is the request's whole path, has is a text in its body; a line without one fits any. The
 * answer to a streamed request is a stream when the line has text; a body is sent as it is. */
#ifndef SLUICE_MOCK_ANSWERS_H
#define SLUICE_MOCK_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct canned_header {
	char *name, *value; /* owned */
};

struct canned_answer {
	char *path, *has; /* owned; NULL: any */
	int status;       /* 200 unless given */
	char *body;       /* owned; NULL: none is given */
	char *text;       /* owned, escaped as within a JSON string; NULL: none is given */
	bool silent;      /* the text is null */
	bool drop;
	char *finish;        /* owned; NULL: the usual reason */
	int64_t latency_us;  /* -1: a success comes at the model's pace, an error at once */
	int64_t times, used; /* times 0: always */
	struct canned_header *headers; /* owned */
	size_t n_headers;
};

struct answers {
	struct canned_answer *at;
	size_t n;
};

/* Reads the file. False and err, with the line, when it cannot be read or a line is invalid. Free
 * with answers_free() in either case. */
bool answers_load(const char *file, struct answers *out, struct error *err);
void answers_free(struct answers *a);
/* The first answer that fits a request and is not used up, which it uses; NULL: none. body may hold
 * NUL bytes. */
const struct canned_answer *answers_find(
	struct answers *a, const char *path, const char *body, size_t len);

#endif
