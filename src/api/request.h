/* Input lines as requests: recognised, checked, and built as they go over the wire. Pure. */
#ifndef SLUICE_API_REQUEST_H
#define SLUICE_API_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"

struct body_sink;
struct provider;

enum input_format {
	FORMAT_AUTO,
	FORMAT_OPENAI,    /* {"custom_id","method","url","body"}: body is an object, url relative or
			     absolute; auto takes it without headers when the body names a model or
			     the url begins with /v1/ */
	FORMAT_ANTHROPIC, /* {"custom_id","params"} */
	FORMAT_BODY,      /* the object without custom_id, priority, metadata and endpoint is the
			     body */
	FORMAT_HTTP,      /* any HTTP call: {"custom_id","method","url","headers","body"} */
	FORMAT_CSV,       /* records for a template; not requests themselves */
	/* up to here the choices of --format, in their order */
	FORMAT_WHOLE, /* the object is the body, unchanged; for the stages of a pipeline */
	FORMAT_ANY,   /* as AUTO, which refuses bare bodies that no provider but raw would take: rows,
			 results */
};

/* Most bytes of a custom_id in the line; each result repeats it. */
enum { REQUEST_MAX_ID = 1 << 20 };

enum { PRIORITY_LOW = -10, PRIORITY_NORMAL = 0, PRIORITY_HIGH = 10 };

/* Spans borrow from the line. */
struct request_line {
	enum input_format format; /* never AUTO */
	struct json_span custom_id, method, url, headers, body, metadata, model;
	struct json_span endpoint; /* the only one it goes to, of whatever type; of a row absent */
	int priority;              /* "high"/"normal"/"low" or an integer, limited to [-100, 100] */
	int64_t max_tokens;  /* the body's max_tokens, max_completion_tokens or max_output_tokens,
				the largest; -1: none */
	bool streams;        /* the body says "stream":true */
	size_t prompt_bytes; /* of the parts of the body that become input tokens; images, audio
				and files as media.h counts them */
};

/* Checks a line and finds its parts. False with a message (err; without line number, the caller
 * knows it) when it is not JSON, not an object, lacks a url, names a scheme other than http/https,
 * … custom_id, when there, must be a string or a whole number. A null member counts as absent. A
 * line that passes can be built, but for a missing base URL. */
bool request_parse(const char *line, size_t len, enum input_format format, struct request_line *out,
	struct error *err);

/* May all requests of a run go to this base URL? The message shows only its scheme. */
bool request_base_valid(const char *url, struct error *err);

/* Appends the item's id as text: the decoded custom_id, else the line number. False when it does
 * not fit. */
bool request_id(const struct request_line *r, uint64_t line_number, struct buf *out);

/* Writes the model that the request asks, sanitised and cut at size bytes; "" when it names none. */
void request_model(const struct request_line *r, char *out, size_t size);

/* Estimate of the input tokens: a quarter of the bytes of the prompt. */
double request_estimate_tokens(const struct request_line *r);

/* A request as it goes over the wire. Buffers are reused from request to request. */
struct request {
	char method[16];
	struct buf url;
	struct buf headers; /* "Name: value\n" lines of this request alone, without the run's common
			       ones; an empty value takes a common one away */
	struct buf body;
	bool has_body;
	bool usage_refused;           /* the endpoint's, while the request is built */
	bool asks_usage;              /* stream_options were added, which the line does not have */
	const struct body_sink *sink; /* may take the answer's body; borrowed; NULL: none. Not set
					 by request_build() */
};

/* Endpoint settings shared by all requests of a run. */
struct endpoint {
	const struct provider *provider;
	char *base_url;    /* without trailing slash; NULL: each line needs an absolute url */
	char *api_version; /* for Azure; NULL: the provider's default */
	bool stream; /* ask for streams where the API has them, unless a line says otherwise */
	bool key_changes; /* the key is in a file, which may hold another one later */
	bool usage_refused; /* the server refuses stream_options: none are added to ask for usage */
	bool has_content_type; /* the run's common headers have one: requests add none of their own
				*/
};

/* max_body: ceiling in bytes of the body, and of URL and headers. Free with request_free(). */
void request_init(struct request *r, size_t max_body);
void request_free(struct request *r);
/* Fills only method and URL, as request_build() does. */
bool request_target(const struct endpoint *e, const struct request_line *line, struct request *out,
	struct error *err);
/* Fills out (emptied first) from the line. "/v1" is not doubled when both base URL and url have it.
 * A JSON body goes out as its bytes came, with a Content-Type unless the line or the run has one; a
 * string body is decoded and gets none. The method is POST with a body and GET without unless the
 * line has one. */
bool request_build(const struct endpoint *e, const struct request_line *line, struct request *out,
	struct error *err);

#endif
