/* What an easy handle was set to send: from request to request only what changes is set. Private to
 * src/net. */
#ifndef SLUICE_NET_EASY_REQUEST_H
#define SLUICE_NET_EASY_REQUEST_H

#include <curl/curl.h>
#include <stdbool.h>

#include "base/buf.h"
#include "net/transport.h"

enum { EASY_BUFFER = 16 << 10 }; /* each way; with the rest under 40 KB a request in flight */

/* How curl is told to send: with a body, without one, or without an answer body. */
enum easy_shape { SHAPE_NONE, SHAPE_PLAIN, SHAPE_HEAD, SHAPE_BODY };

struct easy_request {
	enum easy_shape shape;
	struct buf url, method;  /* method: "" when curl's own fits the shape */
	struct buf header_lines; /* the request's own, from which own_headers was made */
	struct buf body;
	struct curl_slist *own_headers; /* NULL: the common ones are in force */
	curl_off_t uploaded;            /* bytes of body gone when last asked */
	bool carries_id;                /* the header lines do, see correlation_id.h */
	bool shares; /* waits rather than opening a connection beside one that may be shared */
};

/* What all requests of a transport have in common. */
struct easy_common {
	struct curl_slist *headers;
	bool http1_only;
};

void easy_request_init(struct easy_request *e);
/* The easy handle must be gone. */
void easy_request_free(struct easy_request *e);
/* Sets the handle up to send r. NULL, or what is wrong with the request. */
const char *easy_request_set(struct easy_request *e, CURL *easy, const struct transport_request *r,
	const struct easy_common *common);
/* Has more of a long body gone out since this was asked last? */
bool easy_request_moved(struct easy_request *e, CURL *easy);
/* Bytes sent so far. */
uint64_t easy_request_bytes(const struct easy_request *e, CURL *easy);

#endif
