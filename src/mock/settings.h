/* The options of `sluice mock` as plain data. */
#ifndef SLUICE_MOCK_SETTINGS_H
#define SLUICE_MOCK_SETTINGS_H

#include <stdint.h>

enum mock_headers {
	MOCK_HEADERS_NONE,
	MOCK_HEADERS_OPENAI,
	MOCK_HEADERS_ANTHROPIC,
	MOCK_HEADERS_AZURE,  /* OpenAI's with resets in whole seconds */
	MOCK_HEADERS_DRAFT6, /* RateLimit fields of requests, as the IETF's drafts have them */
	MOCK_HEADERS_DRAFT7,
	MOCK_HEADERS_DRAFT8,
	MOCK_HEADERS_X, /* X-RateLimit, reset in seconds since 1970 */
};
enum mock_retry_after { MOCK_RETRY_AFTER_NONE, MOCK_RETRY_AFTER_SECONDS, MOCK_RETRY_AFTER_MS };

/* The strings belong to the code that filled it. */
struct mock_settings {
	int64_t port;               /* 0: a free one */
	char *key;                  /* requests without it get 401; NULL: any key, or none */
	char *models;               /* names with commas between; others get 404; NULL: any */
	int64_t latency_us;         /* median */
	double sigma;               /* of the lognormal latency; 0: constant */
	int64_t refusal_latency_us; /* of a 429 or 500 */
	double rpm, tpm;            /* buckets; 0: off */
	double burst;               /* requests at once; 0: one second's worth, at least 1 */
	double token_burst;
	char *window;        /* "N/SECONDS" fixed window; NULL */
	int64_t concurrency; /* more in flight get 429; 0: off */
	int64_t slots;       /* requests served at once, others queue; 0: off */
	double errors;       /* share answered 500 */
	int headers;         /* enum mock_headers */
	int retry_after;     /* enum mock_retry_after */
	char *answers;       /* file of scripted answers; NULL */
	char *schedule; /* "SECONDS:FACTOR,…": from then on the limits are multiplied; NULL: off */
	char *outage;   /* "FROM:TO" seconds in which all requests get 503; NULL: off */
	double tokens_out;  /* mean completion tokens */
	double stream_rate; /* tokens a second of a stream, an event each; 0: a few pieces */
	double stream_cut;  /* share of streams that end too early, 0 to 1 */
	int64_t embed_max;  /* most inputs of an embeddings request, more get 413; 0: no limit */
	char *embed_bad;    /* text of an input that gets 400; NULL: none */
	int64_t seed;
};

#endif
