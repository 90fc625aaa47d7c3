#include "run_host.h"

#include <unistd.h>

#include "base/lines.h"
#include "launch/begun.h"

enum { EXIT_USAGE = 2 };

static struct reach *open_reach(const struct run_host *h, struct error *err)
{
	const struct settings *settings = h->settings;
	const struct reach_config config = {.control = settings->reach.control,
		.metrics = settings->reach.metrics,
		.name = settings->reach.name,
		.input = settings->run.input.path,
		.results = settings->run.output.results};
	const struct port port = session_far_port(h->session);

	return reach_open(h->loop, &config, &port, err);
}

/* Without a launch, or without a client to come, there is nothing to do. */
static bool serve_client(struct run_host *h, struct error *err)
{
	int fd = h->launch ? h->launch->link : -1;

	if (fd < 0)
		return true;
	h->launch->link = -1;
	return reach_add_client(h->reach, fd, err);
}

static void report_begun(struct run_host *h)
{
	const struct begun begun = {.pid = getpid(),
		.name = (char *)reach_name(h->reach),
		.socket = (char *)reach_socket(h->reach)};

	launch_begun(h->launch, &begun);
}

bool run_host_open(struct run_host *h, const struct settings *settings, struct launch *launch,
	struct error *err)
{
	*h = (struct run_host){
		.loop = ev_default_loop(EVFLAG_AUTO), .settings = settings, .launch = launch};
	h->process = process_new(h->loop);
	h->session = session_new(h->process, &settings->run, err);
	h->reach = h->session ? open_reach(h, err) : NULL;
	if (!h->reach || !serve_client(h, err)) {
		reach_close(h->reach, EXIT_USAGE);
		session_free(h->session);
		process_free(h->process);
		return false;
	}
	if (launch)
		report_begun(h);
	h->past = look_back_new(h->loop, settings->run.output.results);
	return true;
}

static void on_client_left(void *attendance)
{
	attendance_client_left(attendance);
}

void run_host_run(struct run_host *h, bool operated, bool interactive)
{
	const bool exits = h->settings->ui.exit;

	if (h->launch)
		session_set_alone(h->session);
	session_start(h->session, operated, operated && (h->launch || !exits));
	run_signals_start(&h->signals, h->loop, h->session, !interactive);
	if (h->launch) {
		attendance_start(&h->attendance, h->loop, h->session, h->reach, operated, exits);
		launch_watch_client(h->launch, h->loop, on_client_left, &h->attendance);
	}
	ev_run(h->loop, 0);
	if (h->launch)
		attendance_stop(&h->attendance, h->loop);
}

int run_host_close(struct run_host *h)
{
	int code;

	look_back_free(h->past);
	code = session_exit_code(h->session);
	reach_close(h->reach, code);
	session_end_hooks(h->session);
	if (session_note(h->session)[0])
		say("%s", session_note(h->session));
	run_signals_stop(&h->signals);
	if (h->launch)
		launch_close(h->launch, h->loop);
	session_free(h->session);
	process_free(h->process);
	return code;
}
