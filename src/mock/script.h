/* Answers scripted by the request itself, so that tests get any answer without settings: by query
 * parameters of any URL or, for the LLM endpoints, by a string member "mock" of the body in the
 * same form ("status=503&fail=2&key=a"). A scripted request bypasses the model and its limits.
 *
 *   status=503          answer with this status (default 200)
 *   retry_after=2       with this Retry-After header; retry_after_ms=250: retry-after-ms
 *   latency=250ms       after this time
 *   body=text           with this body instead of the endpoint's own
 *   bytes=1000000       with a body of so many bytes
 *   fail=3&key=name     only the first 3 requests with this key get the status (default 503), or
 *                       are dropped; the others are answered as usual
 *   drop=1              close the connection without an answer
 */
#ifndef SLUICE_MOCK_SCRIPT_H
#define SLUICE_MOCK_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/idmap.h"
#include "base/json.h"

struct script {
	bool on;
	const char *wrong; /* name of a parameter with an invalid value; static */
	int status;        /* 0: not given */
	bool drop;
	int64_t latency_us, fail;
	int64_t bytes;                                         /* -1: not given */
	const char *key, *body, *retry_after, *retry_after_ms; /* borrowed; NULL: not given */
};

/* Nothing is scripted. */
void script_init(struct script *s);
/* Takes one parameter; unknown names are ignored. value is borrowed (NULL: no value). */
void script_set(struct script *s, const char *name, const char *value);
/* Takes the parameters of a JSON string "a=b&c=d" (percent-encoding decoded), which then borrow
 * from text. */
void script_read(struct script *s, struct json_span string, struct buf *text);
/* Decides status and drop, and counts the key (the path when there is none) in seen. */
void script_decide(struct script *s, const char *path, struct idmap *seen);

#endif
