/* The options of a run as plain data, by concern. The command line and the configuration file fill
 * them (cli/options.c); the filler owns their strings and lists. */
#ifndef SLUICE_PLAN_SETTINGS_H
#define SLUICE_PLAN_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/request.h"
#include "figures.h"
#include "pace/lane.h"
#include "plan/endpoint_spec.h"
#include "plan/prices.h"

enum on_doubt { DOUBT_KEEP, DOUBT_RETRY };
enum on_hangup { HANGUP_CONTINUE, HANGUP_DRAIN };

/* The source of lines, and their form. */
struct input_settings {
	char *path;             /* or "-" */
	int format;             /* enum input_format */
	char *template;         /* file of a JSON body for rows; NULL: the lines are requests */
	char *pipeline;         /* file of the stages; NULL: none */
	int64_t first;          /* the first so many items only; 0: all */
	char *sample;           /* "N[,SEED]": so many of them; NULL: all */
	struct input_part part; /* made from these two */
};

/* The results, and how a resumed run treats earlier ones. */
struct output_settings {
	char *results;   /* path; never NULL in a run that begins */
	int result_form; /* enum result_form */
	bool retry_failed, accept_changed, redo_changed, accept_lost;
};

/* An address and its key: of --url and the options beside it, or of one endpoint. */
struct target_settings {
	char *url;                              /* NULL: from the provider's table */
	char *provider;                         /* "auto" or a name; NULL: auto */
	char *api_version;                      /* NULL: the provider's usual one */
	char *key_env, *key_file, *key_command; /* at most one is given */
};

/* Several endpoints, in place of --url. */
struct endpoints_settings {
	char **options;                 /* "NAME=URL,…", NULL-terminated; NULL: none */
	struct endpoint_spec *sections; /* [endpoint NAME] of the configuration file */
	size_t n_sections;
};

/* How to send a request, to whichever endpoint. */
struct request_settings {
	char **headers;     /* "K: V", NULL-terminated; NULL: none */
	char **headers_for; /* "ORIGIN K: V", NULL-terminated; NULL: none */
	bool stream, allow_http;
	int64_t timeout_us, connect_timeout_us, first_byte_timeout_us, idle_timeout_us;
	int64_t max_response;
};

/* The limits of the run, and the controller that finds the server's. */
struct limit_settings {
	int64_t concurrency; /* 0: auto */
	int64_t max_concurrency;
	double rpm, tpm;
	char *window;            /* "N/SECONDS"; NULL */
	int pace;                /* enum pace_mode */
	struct lane_config lane; /* made from these six */
	bool explain;
};

/* Ceilings of a pack: embeddings in one request, and their tokens. */
struct pack_settings {
	int64_t items, tokens;
};

/* Retries, and the conditions of a good answer. */
struct retry_settings {
	int64_t max_attempts;
	int on_doubt;   /* enum on_doubt */
	char **expects; /* "json", "nonempty", "PATH=VALUE", NULL-terminated; NULL: none */
	bool expect_nonempty;
	int64_t expect_attempts;
	char *stop_on_errors; /* "N" or "N%"; NULL */
	int stop_errors;      /* made from it; 0: off */
	double stop_share;    /* made from it, of 1; 0: off */
};

/* Cache and coalescing. */
struct cache_settings {
	char *folder; /* of answers of earlier runs; NULL: none */
	bool dedupe;
};

/* Spending at which the run drains. */
struct budget_settings {
	int64_t tokens;       /* 0: off */
	double usd;           /* 0: off */
	char **price;         /* "[MODEL=]IN,OUT…", NULL-terminated; NULL: none */
	char **file_price;    /* the same, of the file's section [prices]; those in `price` win */
	struct prices prices; /* made from these two */
};

/* Shell commands that the run starts; NULL: none. */
struct hook_settings {
	char *on_end, *on_hold;
};

struct run_settings {
	struct input_settings input;
	struct output_settings output;
	struct target_settings target;
	struct endpoints_settings endpoints;
	struct request_settings request;
	struct limit_settings limits;
	struct pack_settings pack;
	struct retry_settings retry;
	struct cache_settings cache;
	struct budget_settings budget;
	struct hook_settings hooks;
	int on_hangup; /* enum on_hangup */
	bool read_only;
	char **command; /* the words of the command line, without secrets, NULL-terminated; NULL:
			   none */
};

#endif
