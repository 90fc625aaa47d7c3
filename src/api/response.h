/* Judges answers: outcome, usage, wait. Pure; statuses, headers and bodies are judged nowhere else.
 */
#ifndef SLUICE_API_RESPONSE_H
#define SLUICE_API_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/histogram.h"
#include "base/json.h"
#include "words.h"

struct provider;

/* What a request asked for, which says what a good answer must have; see provider_asked(). */
enum asked {
	ASKED_OTHER,   /* something else, or not known: its 2xx is taken as it is */
	ASKED_CHOICES, /* chat and completions */
	ASKED_RESPONSE,
	ASKED_MESSAGE,
	ASKED_EMBEDDINGS,
};

/* How the transport ended; NET_STATUS: with a whole HTTP answer. */
enum net_result {
	NET_STATUS,
	NET_TIMEOUT_CONNECT,
	NET_TIMEOUT_FIRST_BYTE,
	NET_TIMEOUT_IDLE,
	NET_TIMEOUT_TOTAL,
	NET_ERROR,     /* resolve, connect, TLS, reset, cut answer */
	NET_TOO_LARGE, /* the answer passed --max-response or the header limit */
	NET_CANCELLED,
	NET_RESULT_COUNT
};

/* How an answer that came as a stream of events ended; see api/assembly.h. */
struct stream_end {
	bool whole;        /* its terminal event came, or it ended cleanly with nothing missing */
	bool garbled;      /* an event was not a JSON object */
	const char *error; /* {"error":…} of an error event; NULL */
	size_t error_len;
	uint64_t pieces;        /* events with text */
	int64_t first_token_us; /* since the attempt's start; -1: none came */
	int64_t writing_us;     /* from the first piece of text to the last */
};

/* Times of streams, counted before they end. */
struct stream_times {
	struct histogram first_token; /* from an attempt's start to its first piece of text */
	struct histogram gap;         /* between pieces */
};

/* Names an answer: its item, and the number of the attempt. */
struct answer_name {
	uint32_t item, attempt;
	void *run; /* whose item it is; set by the transport, which several runs may share */
};

struct answer {
	enum net_result result;
	enum asked asked;
	int status;          /* HTTP status; 0 when there was none */
	const char *headers; /* raw header lines of the final response, CRLF or LF between them */
	size_t headers_len;
	const char *body;
	size_t body_len;
	const char *error;                 /* the transport's text when result is not NET_STATUS */
	int64_t latency_us, first_byte_us; /* first_byte_us -1: never came */
	int64_t connect_us; /* spent on resolve, connect, TLS; 0 on a reused connection */
	uint64_t bytes_in, bytes_out;
	/* How often the transport sent the request again because its connection ended without an
	 * answer; resent_charged: of these, on connections that had been in use. */
	unsigned resent, resent_charged;
	const struct stream_end *stream; /* NULL: no stream, or not assembled */
};

/* More tokens than any request has: a larger count is not valid. */
enum { TOKENS_MAX = 100 * 1000 * 1000 };

/* A count of tokens that is safe to add up: n, or -1 (not reported) when it is not a valid count.
 */
static inline int64_t tokens_or_unknown(int64_t n)
{
	return n >= 0 && n <= TOKENS_MAX ? n : -1;
}

struct verdict {
	enum outcome outcome;
	int status;
	/* The body as one valid JSON value, without blanks around it; at NULL: it is not JSON.
	 * Borrowed from the answer's body, so that nobody has to parse it again. */
	struct json_span json;
	int64_t wait_us;               /* the wait that the server asked for; -1: none */
	char wait_source[32];          /* the header's name, "body"; "" */
	int64_t tokens_in, tokens_out; /* usage; -1: not reported */
	/* Of tokens_in: read from the provider's cache, and written to it; 0: none. */
	int64_t tokens_cached, tokens_cache_write;
	/* Estimated tokens that were paid for but not reported; 0: none. */
	int64_t estimated_in, estimated_out;
	bool has_cost;       /* the answer or a gateway's header states its cost */
	double cost_usd;     /* this cost; else 0 */
	char request_id[80]; /* sanitised; "" */
	char code[64];       /* the error's own code or type, sanitised; "" */
	char message[256];   /* error text for people, sanitised; "" when ok */
	int8_t should_retry; /* x-should-retry: 1 or 0; -1: absent */
};

/* The answer was free: forgets the usage and the cost that it reports. */
static inline void verdict_drop_usage(struct verdict *v)
{
	v->tokens_in = v->tokens_out = -1;
	v->tokens_cached = v->tokens_cache_write = 0;
	v->has_cost = false;
	v->cost_usd = 0;
}

/* Was the input refused, as one that will never pass here? */
static inline bool verdict_blames_input(const struct verdict *v)
{
	return v->outcome == OUTCOME_CLIENT_ERROR ||
	       (v->outcome == OUTCOME_TOO_LARGE && v->status >= 400);
}

/* Judges an answer. wall_us: now, for HTTP dates when the answer has no Date of its own. */
void response_judge(
	const struct provider *p, const struct answer *a, int64_t wall_us, struct verdict *out);

/* Tokens per second at which a streamed answer was written; negative: not known. */
double response_tokens_per_s(const struct answer *a, const struct verdict *v);

/* Finds the first header of this name (in any case) in raw header lines. The value is trimmed and
 * borrowed; false when there is none. */
bool header_find(
	const char *headers, size_t len, const char *name, const char **value, size_t *value_len);

/* The wait in us that a server asks for, from retry-after-ms, x-ms-retry-after-ms or retry-after
 * (seconds, fractions, HTTP date measured against the answer's own Date), in this order; -1 when
 * there is none or it is absurd (negative, NaN, not a number, above 366 days). A date in the past
 * is 0. *source: the header's name, static. */
int64_t header_retry_after_us(
	const char *headers, size_t len, int64_t wall_us, const char **source);

#endif
