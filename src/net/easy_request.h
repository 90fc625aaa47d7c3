/* The request that an easy handle is set up to send. For the next request only the changes are set.
 * Private to src/net. */
#ifndef SLUICE_NET_EASY_REQUEST_H
#define SLUICE_NET_EASY_REQUEST_H

#include <curl/curl.h>
#include <stdbool.h>

#include "base/buf.h"
#include "net/transport.h"

enum { EASY_BUFFER = 16 << 10 }; /* bytes each way; in all a request in flight takes under 40 KB */

/* The kinds of requests for curl: with a body, without one, or without an answer body. */
enum easy_shape { SHAPE_NONE, SHAPE_PLAIN, SHAPE_HEAD, SHAPE_BODY };

struct easy_request {
	enum easy_shape shape;
	CURLU *parsed; /* the URL; NULL: none yet, or curl has to say what is wrong with it */
	struct buf url, method;
	struct buf header_lines; /* the request's own, from which own_headers was made */
	struct buf body;
	struct curl_slist *own_headers; /* NULL: the common ones are used */
	curl_off_t uploaded; /* bytes of the body sent at the last easy_request_moved() */
	bool carries_id;     /* the header lines carry a correlation id */
	bool shares;         /* may share a connection */
};

/* The settings that all requests of a transport share. */
struct easy_common {
	struct curl_slist *headers;
	bool http1_only;
};

/* Nothing is set yet. Free with easy_request_free(). */
void easy_request_init(struct easy_request *e);
/* Frees it; the easy handle must be gone. */
void easy_request_free(struct easy_request *e);
/* Sets the handle up to send r. Returns NULL, or static text saying what is wrong with the request.
 */
const char *easy_request_set(struct easy_request *e, CURL *easy, const struct transport_request *r,
	const struct easy_common *common);
/* Has more of a long body gone out since the last call? */
bool easy_request_moved(struct easy_request *e, CURL *easy);
/* Bytes of headers and body sent so far. */
uint64_t easy_request_bytes(const struct easy_request *e, CURL *easy);

#endif
