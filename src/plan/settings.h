/* What the operator asked for, as plain data. Filled by cli/options.c from the command line (and
 * later the config file); read by everyone else. Strings are owned by the settings. */
#ifndef SLUICE_PLAN_SETTINGS_H
#define SLUICE_PLAN_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/request.h"
#include "pace/lane.h"
#include "plan/endpoint_spec.h"

enum ui_mode { UI_AUTO, UI_TUI, UI_PLAIN, UI_JSON, UI_NONE };
enum glyphs { GLYPHS_AUTO, GLYPHS_BRAILLE, GLYPHS_BLOCK, GLYPHS_ASCII };
enum on_doubt { DOUBT_KEEP, DOUBT_RETRY };
enum on_hangup { HANGUP_CONTINUE, HANGUP_DRAIN };
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

/* The knobs of `sluice mock`. */
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
	char *answers;       /* file of told answers; NULL */
	char *schedule;      /* "SECONDS:FACTOR,…": limits times FACTOR from then on; NULL */
	char *outage;        /* "FROM:TO" seconds during which all is 503; NULL */
	double tokens_out;   /* mean completion tokens */
	double stream_rate;  /* tokens a second of a stream, an event each; 0: a few pieces */
	double stream_cut;   /* share of streams that end too early */
	int64_t embed_max;   /* inputs of an embeddings request; 413 above it; 0: no bound */
	char *embed_bad;     /* text of an input that is answered 400; NULL */
	int64_t seed;
};

struct settings {
	char *input;       /* path or "-"; of report the RESULTS */
	char *output;      /* results; never NULL for run and report, NULL for demo */
	char *url;         /* NULL: not given, the provider's table tells */
	char *template;    /* file of a JSON body for rows; NULL: the lines are requests */
	char *pipeline;    /* file of the stages that rows go through; NULL: none */
	char *cache;       /* folder of answers of earlier runs; NULL: none */
	char *provider;    /* "auto" or a name */
	char *api_version; /* NULL: the provider's usual one */
	int format;        /* enum input_format */
	char *key_env, *key_file;
	char **headers;                 /* "K: V", NULL-terminated; NULL: none */
	char **endpoints;               /* "NAME=URL,…", NULL-terminated; NULL: the one of url */
	struct endpoint_spec *sections; /* [endpoint NAME] of the configuration file */
	size_t n_sections;
	/* of --header-for, "ORIGIN K: V", NULL-terminated; NULL: none */
	char **headers_for;

	struct lane_config lane; /* made from the next six */
	int64_t concurrency;     /* 0: auto */
	int64_t max_concurrency;
	double rpm, tpm;
	char *window; /* "N/SECONDS"; NULL */
	int pace;     /* enum pace_mode */

	int64_t pack, pack_tokens; /* embeddings in one request, and their tokens */
	bool explain_pace;
	int64_t max_attempts;
	char **expects; /* "json", "nonempty", "PATH=VALUE", NULL-terminated; NULL: none */
	bool expect_nonempty;
	int64_t expect_attempts;
	int64_t timeout_us, connect_timeout_us, first_byte_timeout_us, idle_timeout_us;
	int64_t max_response;
	int on_doubt; /* enum on_doubt */
	bool retry_failed, accept_changed, accept_lost, allow_http, stream, dedupe;
	int64_t budget_tokens; /* 0: off */
	double budget_usd;     /* 0: off */
	char *price;           /* "IN,OUT" dollars per million tokens; NULL */
	double price_in, price_out;

	int ui;            /* enum ui_mode */
	char *theme;       /* NULL: default */
	char *config;      /* configuration file; NULL: the user's own */
	bool print_config; /* print the settings instead of running */
	int glyphs;        /* enum glyphs */
	int on_hangup;     /* enum on_hangup */
	bool read_only;

	bool json; /* check, report */
	int64_t demo_items;
	struct mock_settings mock;
};

#endif
