/* The program: picks the command and puts engine and dashboard on one loop. */
#include "config.h"

#include <curl/curl.h>
#include <ev.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/lines.h"
#include "cli/attach.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/ctl.h"
#include "cli/options.h"
#include "cli/demo.h"
#include "launch/again.h"
#include "launch/follow.h"
#include "launch/launch.h"
#include "cli/man.h"
#include "mock/mock.h"
#include "net/memory.h"
#include "past/look_back.h"
#include "past/past.h"
#include "remote/attach.h"
#include "past_become.h"
#include "program.h"
#include "run_client.h"
#include "run_host.h"
#include "serve/serve.h"
#include "control/command.h"
#include "session/session.h"
#include "lists.h"
#include "ui.h"

enum { EXIT_OK = 0, EXIT_USAGE = 2, EXIT_NO_RUN = 3 };

static const struct dashboard_lists dashboard = {.themes = ui_each_theme,
	.roles = ui_each_role,
	.keys = ui_each_key,
	.commands = ui_each_command};
/* How long a run that begins just now may take to be reachable. */
enum { SECOND_WAITS_MS = 2000 };

static char **program_words; /* of the command line */

static int complain(const struct error *err)
{
	say("%s", err->text);
	return EXIT_USAGE;
}

/* `sluice man [PAGE]`, from which the man pages are made. */
static int print_man_page(const char *page)
{
	if (man_print(page ? page : "sluice", &dashboard, stdout))
		return EXIT_OK;
	say("no man page \"%.40s\": give a command, or formats", page);
	return EXIT_USAGE;
}

/* The words that shells call for their completions, and the build for the man pages. True: *code is
 * the exit code. */
static bool print_tables(int argc, char **argv, int *code)
{
	*code = EXIT_OK;
	if (argc < 2)
		return false;
	if (!strcmp(argv[1], "complete"))
		completion_print(
			(const char *const *)argv + 2, (size_t)argc - 2, &dashboard, stdout);
	else if (!strcmp(argv[1], "man"))
		*code = print_man_page(argv[2]);
	else
		return false;
	return true;
}

/* why: the reason for plain lines though a terminal is there; "": none. */
static enum ui_kind ui_kind_of(const struct settings *settings, struct error *why)
{
	why->text[0] = '\0';
	switch ((enum ui_mode)settings->ui.mode) {
	case UI_TUI:
		return UI_KIND_TUI;
	case UI_PLAIN:
		return UI_KIND_PLAIN;
	case UI_JSON:
		return UI_KIND_JSON;
	case UI_NONE:
		return UI_KIND_NONE;
	case UI_AUTO:
		break;
	}
	return ui_terminal_usable(
		       settings->run.input.path && !strcmp(settings->run.input.path, "-"), why)
		       ? UI_KIND_TUI
		       : UI_KIND_PLAIN;
}

/* How the operator wants a run to be shown. */
static struct ui_config screen_config(const struct settings *settings)
{
	return (struct ui_config){
		.glyphs = (enum ui_glyphs)settings->ui.glyphs,
		.theme = settings->ui.theme,
		.config = settings->config,
		.read_only = settings->run.read_only,
		.coach = settings->ui.coach,
		.notify = settings->ui.quiet ? UI_NOTIFY_OFF : (enum ui_notify)settings->ui.notify,
	};
}

static void on_hung_up(void *session)
{
	session_hung_up(session);
}

static int run_service(const struct settings *settings)
{
	const struct reach_config reach = {.control = settings->reach.control,
		.metrics = settings->reach.metrics,
		.name = settings->reach.name};

	return serve(&settings->serve, &settings->run, &reach);
}

/* The run, in this process. launch: this is a process of its own; NULL: it is not. */
static int run_here(
	const struct settings *settings, struct ui_config *config, struct launch *launch)
{
	bool operated = launch ? !launch->config.detach : config->kind == UI_KIND_TUI;
	struct error err = {""};
	struct run_host host;
	struct port port;
	struct ui *ui;

	if (!run_host_open(&host, settings, launch, &err))
		return complain(&err);
	config->ctx = host.session;
	config->past = look_back_source(host.past);
	port = session_port(host.session);
	ui = ui_new(host.loop, &port, config);
	run_host_run(&host, operated && (launch || ui_is_interactive(ui)), ui_is_interactive(ui));
	ui_free(ui);
	return run_host_close(&host);
}

/* ---- the dashboard of a run that is another process ---- */

struct client_screen {
	struct ui_config config;
	const char *results;    /* of the run; borrowed */
	struct look_back *past; /* while it is open */
	struct ui *ui;
	struct attach *attach;
	bool hung_up;
};

static void *open_screen(
	void *ctx, struct ev_loop *loop, const struct port *port, struct attach *attach)
{
	struct client_screen *s = ctx;

	s->attach = attach;
	/* the results of a service are those of its batches */
	s->past = look_back_new(loop, port->ops->service ? NULL : s->results);
	s->config.past = look_back_source(s->past);
	s->ui = ui_new(loop, port, &s->config);
	return s;
}

static void on_news(void *screen)
{
	ui_news(((struct client_screen *)screen)->ui);
}

static void close_screen(void *screen)
{
	struct client_screen *s = screen;

	ui_free(s->ui);
	look_back_free(s->past);
}

static void on_client_hung_up(void *ctx)
{
	struct client_screen *s = ctx;

	s->hung_up = true;
	attach_hung_up(s->attach);
}

static struct attach_screen prepare_screen(
	struct client_screen *s, enum ui_leaving leaving, const char *results)
{
	s->results = results;
	s->config.kind = UI_KIND_TUI;
	s->config.leaving = leaving;
	s->config.no_summary = leaving == UI_LEAVING_OFFERS; /* the run prints it */
	s->config.hung_up = on_client_hung_up;
	s->config.ctx = s;
	return (struct attach_screen){open_screen, on_news, close_screen, s};
}

static struct run_client client_of(
	const struct settings *settings, struct client_screen *s, enum ui_leaving leaving)
{
	return (struct run_client){.settings = settings,
		.screen = prepare_screen(s, leaving, settings->run.output.results),
		.hung_up = &s->hung_up};
}

static int launch_batch(const struct settings *settings, struct ui_config *config)
{
	const struct launch_config how = {.detach = settings->ui.detach,
		.reads_stdin = !strcmp(settings->run.input.path, "-")};
	struct client_screen screen = {.config = *config};
	struct run_client client;
	struct launch launch;
	struct error err;

	if (!launch_fork(&launch, &how, &err)) {
		if (how.detach)
			return complain(&err);
		say_warning("%s; the run will end when this dashboard closes", err.text);
		return run_here(settings, config, NULL);
	}
	if (launch.side == LAUNCH_RUN) {
		config->kind = UI_KIND_SUMMARY;
		return run_here(settings, config, &launch);
	}
	if (how.detach)
		return run_detached(&launch);
	client = client_of(settings, &screen, UI_LEAVING_OFFERS);
	return run_client(&launch, &client);
}

static int watch_first(
	const struct settings *settings, const struct ui_config *config, const struct begun *first)
{
	struct client_screen screen = {.config = *config};
	struct run_client client = client_of(settings, &screen, UI_LEAVING_ONLY);
	struct buf notice;
	int code;

	buf_init(&notice, 1 << 16);
	run_client_say_again(first, program_words, &notice);
	screen.config.notice = buf_str(&notice);
	code = run_client_again(first, &client);
	buf_free(&notice);
	return code;
}

/* own_process: a run with a dashboard may be one. */
static int run_batch(const struct settings *settings, bool own_process)
{
	struct error why, err;
	struct ui_config config = screen_config(settings);
	struct begun first;
	bool watches;
	int code;

	config.kind = ui_kind_of(settings, &why);
	config.why_plain = why.text;
	config.hung_up = on_hung_up;
	if (settings->ui.theme && !ui_theme_known(settings->ui.theme, &err))
		return complain(&err);
	if (config.kind == UI_KIND_TUI && !ui_terminal_there(&why))
		config.kind = UI_KIND_PLAIN;
	watches = own_process && config.kind == UI_KIND_TUI && !settings->ui.detach;
	if (again_find(settings->run.output.results, watches ? SECOND_WAITS_MS : 0, &first))
		code = watches && first.socket
			       ? watch_first(settings, &config, &first)
			       : run_refuse_second(settings->run.output.results, &first);
	else if (watches || settings->ui.detach)
		code = launch_batch(settings, &config);
	else
		code = run_here(settings, &config, NULL);
	begun_free(&first);
	return code;
}

/* A sample batch against the mock API of this very process. */
static int run_demo(struct settings *settings)
{
	struct error err = {""};
	struct mock *mock;
	int code;

	if (!demo_prepare(settings, &err))
		return complain(&err);
	mock = mock_start(&settings->mock, &err);
	if (!mock)
		return complain(&err);
	settings->run.target.url = xstrdup(mock_url(mock));
	settings->ui.coach = true;
	code = run_batch(settings, false);
	mock_stop(mock);
	demo_clean(settings);
	return code;
}

static void on_signal(struct ev_loop *loop, ev_signal *w, int events)
{
	(void)loop, (void)events;
	past_leave(w->data);
}

static void on_view_hung_up(void *past)
{
	past_leave(past);
}

static void watch_view(struct ev_loop *loop, struct past *past, const struct ui_config *config)
{
	static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
	enum { ENDS = sizeof(ends) / sizeof(ends[0]) };
	struct port port = past_port(past);
	ev_signal watch[ENDS];
	struct ui *ui;

	if (config->kind != UI_KIND_TUI)
		past_read(past);
	ui = ui_new(loop, &port, config);
	/* a dashboard watches for the loss of its terminal itself */
	for (int i = 0; i < ENDS - ui_is_interactive(ui); i++) {
		ev_signal_init(&watch[i], on_signal, ends[i]);
		watch[i].data = past;
		ev_signal_start(loop, &watch[i]);
	}
	past_watch(past);
	if (ui_is_interactive(ui))
		ev_run(loop, 0);
	for (int i = 0; i < ENDS - ui_is_interactive(ui); i++)
		ev_signal_stop(loop, &watch[i]);
	ui_free(ui);
}

/* replay: the run is played again. */
static int run_view(const struct settings *settings, bool replay)
{
	struct ev_loop *loop = ev_default_loop(EVFLAG_AUTO);
	struct error err = {""}, why;
	struct ui_config config = {
		.kind = ui_kind_of(settings, &why),
		.glyphs = (enum ui_glyphs)settings->ui.glyphs,
		.theme = settings->ui.theme,
		.config = settings->config,
		.notify = UI_NOTIFY_OFF,
		.why_plain = why.text,
		.hung_up = on_view_hung_up,
	};
	struct past *past;
	const char *folder;
	bool missing;
	char **next;
	int code = EXIT_OK;

	if (settings->ui.theme && !ui_theme_known(settings->ui.theme, &err))
		return complain(&err);
	past = replay ? past_open_replay(loop, settings->view_results, settings->view_input,
				settings->replay_at, &missing, &err)
		      : past_open(
				loop, settings->view_results, settings->view_input, &missing, &err);
	if (!past) {
		complain(&err);
		return missing ? EXIT_NO_RUN : EXIT_USAGE;
	}
	config.ctx = past;
	watch_view(loop, past, &config);
	next = past_next(past, &folder);
	if (next)
		code = past_become(next, folder);
	past_free(past);
	return code;
}

static int attach_to(const struct settings *settings, const struct attach_target *target)
{
	struct client_screen screen = {.config = screen_config(settings)};
	const struct attach_config config = {.fd = -1,
		.socket = target->socket,
		.name = target->name,
		.is_batch = target->is_batch,
		.results = target->results,
		.read_only = settings->run.read_only,
		.exits = settings->ui.exit,
		.screen = prepare_screen(&screen, UI_LEAVING_ONLY, target->results)};
	struct error err = {""};
	struct attach_result result = attach_run(&config, &err);

	if (result.end == ATTACH_REFUSED) {
		say("cannot attach to %s: %s", target->name, err.text);
		return EXIT_NO_RUN;
	}
	attach_say_left(target, result.end);
	return EXIT_OK;
}

static int run_attach(struct settings *settings)
{
	struct attach_target target;
	struct error err = {""}, why = {""};
	int code = EXIT_OK;

	if (settings->ui.theme && !ui_theme_known(settings->ui.theme, &err))
		return complain(&err);
	if (!ui_terminal_usable(false, &why)) {
		error_set(&err,
			"%s%sattach needs a terminal for the dashboard; without one, use sluice "
			"ctl to read and steer a run",
			why.text, why.text[0] ? ": " : "");
		return complain(&err);
	}
	switch (attach_find(settings->attach_run, &target, &err)) {
	case ATTACH_FOUND:
		code = attach_to(settings, &target);
		break;
	case ATTACH_FOUND_ENDED:
		settings->view_results = xstrdup(target.results);
		settings->ui.mode = UI_TUI;
		code = run_view(settings, false);
		break;
	case ATTACH_CHOSEN_NONE:
		break;
	case ATTACH_MISSING:
		complain(&err);
		code = EXIT_NO_RUN;
		break;
	case ATTACH_AMBIGUOUS:
		code = complain(&err);
		break;
	}
	attach_target_free(&target);
	return code;
}

static int carry_out(enum command_id command, struct settings *settings)
{
	switch (command) {
	case COMMAND_RUN:
		return run_batch(settings, true);
	case COMMAND_DEMO:
		return run_demo(settings);
	case COMMAND_MOCK:
		return mock_serve(&settings->mock);
	case COMMAND_CHECK:
		return command_check(&settings->run, settings->json);
	case COMMAND_REPORT:
		return command_report(settings->report_results, settings->json);
	case COMMAND_VIEW:
		return run_view(settings, false);
	case COMMAND_REPLAY:
		return run_view(settings, true);
	case COMMAND_ATTACH:
		return run_attach(settings);
	case COMMAND_PS:
		return command_ps(&settings->ctl);
	case COMMAND_CTL:
		return command_ctl(&settings->ctl);
	case COMMAND_EXPORT:
		return command_export(&settings->export);
	case COMMAND_SERVE:
		return run_service(settings);
	case COMMAND_COUNT:
		break;
	}
	return EXIT_USAGE;
}

static const struct command_info *list_commands(void *ctx, size_t *n)
{
	(void)ctx;
	return command_table(n);
}

/* The dashboard's warnings about the file whose other part was printed. */
static void check_config(const struct settings *settings)
{
	static const struct port_ops ops = {.commands = list_commands};
	const struct port port = {&ops, NULL};

	ui_check_config(&port, settings->config);
}

int main(int argc, char **argv)
{
	struct settings settings;
	enum command_id command;
	struct error err = {""};
	int code = EXIT_OK;

	program_words = argv;
	setlocale(LC_CTYPE, ""); /* numbers in JSON and options keep their point */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	program_forbid_cores();
	if (print_tables(argc, argv, &code))
		return code;
	program_raise_limits();
	ev_set_allocator(program_loop_memory);
	memory_curl_init();
	switch (options_parse(argc, argv, &command, &settings, &err)) {
	case OPTIONS_GO:
		code = carry_out(command, &settings);
		break;
	case OPTIONS_PRINTED:
		check_config(&settings);
		break;
	case OPTIONS_SHOWN:
		break;
	case OPTIONS_ERROR:
		code = complain(&err);
		break;
	}
	settings_free(&settings);
	memory_curl_cleanup();
	say_last();
	return code;
}
