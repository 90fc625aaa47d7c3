/* The values of all options: the settings of each owner side by side. */
#ifndef SLUICE_CLI_SETTINGS_H
#define SLUICE_CLI_SETTINGS_H

#include "export/settings.h"
#include "mock/settings.h"
#include "plan/settings.h"
#include "serve/settings.h"

enum ui_mode { UI_AUTO, UI_TUI, UI_PLAIN, UI_JSON, UI_NONE };
enum glyphs { GLYPHS_AUTO, GLYPHS_BRAILLE, GLYPHS_BLOCK, GLYPHS_ASCII };
enum notify_by { NOTIFY_ALL, NOTIFY_BELL, NOTIFY_TITLE, NOTIFY_OFF };

/* How the run is shown. */
struct ui_settings {
	int mode;    /* enum ui_mode */
	char *theme; /* NULL: default */
	int glyphs;  /* enum glyphs */
	int notify;  /* enum notify_by */
	bool quiet;  /* as NOTIFY_OFF */
	bool exit;   /* leave when the run has ended */
	bool coach;  /* the dashboard shows what happens and which key helps */
	bool detach; /* none: the run is a process of its own, without a terminal */
};

/* How others reach the run. */
struct reach_settings {
	char *control; /* path of the control socket, or "off"; NULL: in the folder of runs */
	char *metrics; /* address for /metrics; NULL: none */
	char *name;    /* of the run; NULL: by its results */
};

/* What `sluice ps` and `sluice ctl` ask of runs. */
struct ctl_settings {
	char **words; /* [RUN] COMMAND..., NULL-terminated */
	bool json, all, dry_run, follow, content;
	int64_t timeout_us;    /* of a run's silence */
	int64_t limit, offset; /* of items; limit 0: all */
	char *sort;            /* NULL: by line */
	bool descending, active, facts;
};

/* They own their strings. */
struct settings {
	struct run_settings run; /* check reads its input, target and price */
	struct ui_settings ui;
	struct reach_settings reach;
	struct mock_settings mock;
	struct ctl_settings ctl;
	struct serve_settings serve;
	int64_t demo_items;
	char *report_results; /* path of the results that report reads */
	char *view_results;   /* of those that view and replay show */
	char *attach_run;     /* the run that attach shows; NULL: the only one, or one of a list */
	char *view_input;     /* where their input is; NULL: where it was */
	char *replay_at;      /* the moment that replay begins with; NULL: the start */
	struct export_settings export;
	bool json;         /* check, report */
	char *config;      /* configuration file; NULL: the user's own */
	bool print_config; /* print the settings instead of running */
};

/* Releases all strings and lists, and empties the settings. */
void settings_free(struct settings *s);

#endif
