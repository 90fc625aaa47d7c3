/* The options of `sluice export` as plain data. The filler owns the strings. */
#ifndef SLUICE_EXPORT_SETTINGS_H
#define SLUICE_EXPORT_SETTINGS_H

#include <stdbool.h>

/* The choices of --format, --order and --state, in their order. */
enum export_format {
	EXPORT_AUTO, /* by the name of the output, else JSONL; of --split the text */
	EXPORT_JSONL,
	EXPORT_CSV,
	EXPORT_TSV,
	EXPORT_JSON,
	EXPORT_TEXT
};
enum export_order { EXPORT_INPUT_ORDER, EXPORT_DONE_ORDER };
enum export_state { EXPORT_OK, EXPORT_FAILED, EXPORT_ALL };

struct export_settings {
	char *results; /* path; never NULL */
	char *output;  /* path; NULL or "-": standard output */
	char *split;   /* folder for a file an item; NULL: none */
	char *input;   /* path; NULL: as the journal has it */
	int format;    /* enum export_format */
	int order;     /* enum export_order */
	int state;     /* enum export_state */
	char **fields; /* "NAME=PATH", NULL-terminated; NULL: the usual columns */
	bool with_input, force;
	bool bom;      /* tables begin with a byte order mark */
	bool no_guard; /* cells that look like formulas stay as they are */
};

#endif
