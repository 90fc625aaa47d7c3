/* Commands on their way to the run, and what became of them. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json_writer.h"
#include "remote/remote_impl.h"

/* Reads the answer to a command, or the error in its place. */
static void on_ordered(void *ctx, int status, const char *body, size_t len)
{
	struct remote_order *o = ctx;
	struct json_span v = status ? json_whole(body, len) : (struct json_span){NULL, 0};
	struct json_span text = json_find(v, "text");
	struct job_view *out = &o->view;
	int64_t items;

	o->call = NULL;
	o->remote->hurry_us = clock_mono_us() + REMOTE_KEY_US;
	out->active = false;
	out->ok = json_span_is(json_find(v, "ok"), JSON_VALUE_TRUE);
	out->items =
		json_span_int(json_find(v, "items"), &items) && items > 0 ? (uint64_t)items : 0;
	if (!text.at)
		text = json_find(v, "error.message");
	if (text.at)
		json_string_text(text, out->text, sizeof(out->text));
	else
		snprintf(out->text, sizeof(out->text),
			"the connection broke: the run may or may not have carried it out");
	remote_news(o->remote);
}

static void put_order(struct buf *body, const struct command_request *request)
{
	struct json_writer w = json_writer_to(body);
	char folder[PATH_MAX];

	json_open_object(&w);
	json_member_text(&w, "command", request->text);
	json_member_bool(&w, "dry_run", request->dry_run);
	if (request->folder)
		json_member_text(&w, "folder", request->folder);
	else if (getcwd(folder, sizeof(folder)) && folder[0] == '/')
		json_member_text(&w, "folder", folder);
	json_close_object(&w);
}

static bool is_ordered(void *ctx)
{
	const struct remote_order *o = ctx;

	return !o->view.active;
}

/* Sends a command and waits for its answer as long as a key may take; later the job has it. */
static void order(
	struct remote *r, const struct command_request *request, struct command_reply *out)
{
	struct remote_order *o = &r->order;
	struct buf body;

	if (o->view.active) {
		snprintf(out->text, sizeof(out->text),
			"the run has not answered the last command yet: please wait");
		return;
	}
	memset(&o->view, 0, sizeof(o->view));
	o->view.active = true;
	r->hurry_us = clock_mono_us() + REMOTE_KEY_US;
	o->job++;
	buf_init(&body, 64 << 10);
	put_order(&body, request);
	o->call = link_ask(r->link, "/v1/commands", buf_str(&body), 0, on_ordered, o);
	buf_free(&body);
	link_wait(r->link, clock_mono_us() + REMOTE_KEY_US, is_ordered, o);
	out->ok = o->view.active || o->view.ok;
	out->items = o->view.items;
	out->job = o->view.active ? o->job : 0;
	snprintf(out->text, sizeof(out->text), "%s",
		o->view.active ? "sent; the run has not answered yet" : o->view.text);
}

static bool leaves(const struct remote *r, const char *text)
{
	bool is_end = !strcmp(text, "quit") || !strcmp(text, "interrupt");

	return !strcmp(text, "leave") || (is_end && (!r->config.started_here || r->over));
}

void remote_command(void *ctx, const struct command_request *request, struct command_reply *out)
{
	struct remote *r = ctx;

	memset(out, 0, sizeof(*out));
	if (leaves(r, request->text)) {
		out->ok = true;
		r->config.leave(r->config.ctx);
	} else if (r->over) {
		snprintf(out->text, sizeof(out->text), "the %s has ended: nothing was sent",
			r->is_service ? "service" : "run");
	} else if (!remote_is_live(r)) {
		snprintf(out->text, sizeof(out->text), "no connection to the %s: nothing was sent",
			r->is_service ? "service" : "run");
	} else if (r->config.read_only && !request->dry_run &&
		   strcmp(request->text, "interrupt") != 0) {
		snprintf(out->text, sizeof(out->text), "read-only: commands are off");
	} else {
		order(r, request, out);
	}
}

bool remote_job(void *ctx, uint64_t number, struct job_view *out)
{
	const struct remote *r = ctx;

	if (!number || number != r->order.job)
		return false;
	*out = r->order.view;
	return true;
}

const struct command_info *remote_commands(void *ctx, size_t *n)
{
	const struct remote *r = ctx;

	*n = r->n_commands;
	return r->command;
}

void remote_tell(struct remote *r, const char *command)
{
	struct command_reply ignored;

	remote_command(r, &(struct command_request){.text = command}, &ignored);
}
