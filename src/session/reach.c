#include "session/reach.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/lines.h"
#include "control/registry.h"
#include "control/socket.h"

/* How often the entry of the run is looked after. */
static const double look_s = 1.0;

struct reach {
	struct ev_loop *loop;
	struct port port;
	struct registry *registry;      /* NULL: the run has no entry */
	struct control_socket *control; /* NULL: off */
	struct control_socket *metrics; /* NULL: none */
	char *socket;                   /* where `control` listens, absolute; NULL */
	struct control_socket *client;  /* the dashboard that started the run; NULL: none */
	ev_timer look;
};

/* Somebody may have removed the entry. */
static void on_look(struct ev_loop *loop, ev_timer *w, int events)
{
	struct reach *r = w->data;
	struct error ignored;

	(void)loop, (void)events;
	registry_rewrite(r->registry, &ignored);
}

static bool open_control(struct reach *r, const struct reach_config *config, struct error *err)
{
	const struct registry_run run = {.name = config->name,
		.socket = config->control,
		.input = config->input,
		.results = config->results,
		.is_service = config->service != NULL};
	struct error why = {""};
	const char *path = config->control;

	if (path && !strcmp(path, "off"))
		return true;
	r->registry = registry_open(&run, &why);
	if (r->registry && !path)
		path = registry_own(r->registry)->socket;
	if (path)
		r->control = control_socket_open(r->loop, path, &r->port, &why);
	if (r->control) {
		control_socket_serve(r->control, config->service);
		r->socket = realpath(path, NULL);
	}
	if (r->control && r->registry) {
		ev_timer_start(r->loop, &r->look);
		return true;
	}
	if (config->name || (config->control && !r->control))
		return error_set(err, "%s", why.text);
	say_warning("sluice ps and ctl cannot reach this run: %s", why.text);
	/* listed without a socket, it would seem to hang */
	if (!r->control) {
		registry_close(r->registry, NULL);
		r->registry = NULL;
	}
	return true;
}

static bool open_metrics(struct reach *r, const struct reach_config *config, struct error *err)
{
	char name[64];

	if (!config->metrics)
		return true;
	r->metrics = control_socket_open_metrics(
		r->loop, config->metrics, &r->port, name, sizeof(name), err);
	if (!r->metrics)
		return false;
	control_socket_serve(r->metrics, config->service);
	say("metrics at http://%s/metrics", name);
	return true;
}

struct reach *reach_open(struct ev_loop *loop, const struct reach_config *config,
	const struct port *port, struct error *err)
{
	struct reach *r = xcalloc(1, sizeof(*r));

	r->loop = loop;
	r->port = *port;
	ev_timer_init(&r->look, on_look, look_s, look_s);
	r->look.data = r;
	if (open_control(r, config, err) && open_metrics(r, config, err))
		return r;
	reach_close(r, 2);
	return NULL;
}

const char *reach_name(const struct reach *r)
{
	return r->registry ? registry_own(r->registry)->name : NULL;
}

const char *reach_socket(const struct reach *r)
{
	return r->socket;
}

bool reach_add_client(struct reach *r, int fd_take, struct error *err)
{
	r->client = control_socket_open_here(r->loop, fd_take, &r->port, err);
	return r->client;
}

bool reach_is_watched(const struct reach *r)
{
	return control_socket_is_watched(r->client) || control_socket_is_watched(r->control);
}

void reach_close(struct reach *r, int exit_code)
{
	struct registry_end end = {.exit_code = exit_code};
	struct snapshot s;

	if (!r)
		return;
	port_snapshot(&r->port, &s);
	end.state = run_state_name(s.state);
	end.done = s.items.ok + s.items.failed + s.items.cancelled;
	end.total = s.items.total;
	ev_timer_stop(r->loop, &r->look);
	control_socket_close(r->client, exit_code);
	control_socket_close(r->control, exit_code);
	control_socket_close(r->metrics, exit_code);
	registry_close(r->registry, &end);
	free(r->socket);
	free(r);
}
