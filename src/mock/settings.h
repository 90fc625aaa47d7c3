/* What the operator asks of the mock API: the options of `sluice mock`, as plain data. */
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

/* Strings are owned by whoever filled it. */
struct mock_settings {
	int64_t port;               /* 0: a free one */
	char *key;                  /* answer 401 without it; NULL: any key, or none */
	int64_t latency_us;         /* median */
	double sigma;               /* of the lognormal latency; 0: constant */
	int64_t refusal_latency_us; /* of a 429 or 500 */
	double rpm, tpm;            /* buckets; 0: off */
	double burst;               /* requests at once; 0: one second's worth, at least 1 */
	double token_burst;
	char *window;        /* "N/SECONDS" fixed window; NULL */
	int64_t concurrency; /* 429 above it; 0: off */
	int64_t slots;       /* requests served at the same speed at once, others queue; 0: off */
	double errors;       /* share answered 500 */
	int headers;         /* enum mock_headers */
	int retry_after;     /* enum mock_retry_after */
	char *answers;       /* file of scripted answers; NULL */
	char *schedule;      /* "SECONDS:FACTOR,…": limits times FACTOR from then on; NULL */
	char *outage;        /* "FROM:TO" seconds during which all is 503; NULL */
	double tokens_out;   /* mean completion tokens */
	double stream_rate;  /* tokens a second of a stream, an event each; 0: a few pieces */
	double stream_cut;   /* share of streams that end too early */
	int64_t embed_max;   /* inputs of an embeddings request; 413 above it; 0: no bound */
	char *embed_bad;     /* text of an input that is answered 400; NULL */
	int64_t seed;
};

#endif
