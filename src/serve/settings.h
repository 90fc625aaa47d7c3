/* The settings of `sluice serve`, beside those of its runs. */
#ifndef SLUICE_SERVE_SETTINGS_H
#define SLUICE_SERVE_SETTINGS_H

#include <stdint.h>

enum log_format { LOG_TEXT, LOG_JSON };

struct serve_settings {
	char *data;    /* folder */
	char **listen; /* "ADDRESS:PORT" or "unix:PATH", NULL-terminated; NULL: the usual one */
	char *default_model;      /* of lines without one; NULL: none */
	int64_t ask_models_us;    /* how often endpoints are asked for their models; 0: never */
	int64_t window_us;        /* of batches; 0: as each asks */
	int64_t at_once;          /* batches that send at the same time */
	int64_t open_max;         /* batches that have not ended; 0: any number */
	int64_t lines_max;        /* of a batch; 0: any number */
	int64_t upload_max;       /* bytes of a file */
	int64_t request_max;      /* bytes of a line, or of a request in a list */
	int64_t disk_max;         /* bytes of all files and batches; 0: what the disk has */
	int64_t connections;      /* at once */
	int64_t live_max;         /* calls that wait for their turn */
	int64_t live_wait_us;     /* how long at most; 0: as long as their clients do */
	int64_t keep_us;          /* files and ended batches; 0: for ever */
	char *tls_cert, *tls_key; /* PEM files; NULL: plain HTTP */
	char **cors;      /* origins of web pages that may use it, NULL-terminated; NULL: none */
	char *public_url; /* in what it says about itself; NULL: as it was asked */
	char *token_file; /* NULL: everybody who reaches it may use it */
	char *new_token;  /* the name of one to make, in place of serving; NULL */
	int log_format;   /* enum log_format */
};

#endif
