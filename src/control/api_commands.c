/* Commands over HTTP. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "control/api_impl.h"

void api_put_commands(const struct api *api, struct json_writer *w)
{
	size_t n;
	const struct command_info *c = port_commands(&api->port, &n);

	json_member_array(w, "commands");
	for (size_t i = 0; i < n; i++) {
		json_open_object(w);
		json_member_text(w, "name", c[i].name);
		json_member_text(w, "args", c[i].args);
		json_member_text(w, "help", c[i].help);
		json_close_object(w);
	}
	json_close_array(w);
}

void api_get_commands(const struct api *api, const struct api_request *r, struct api_answer *a)
{
	struct json_writer w = json_writer_to(&a->body);

	(void)r;
	json_open_object(&w);
	api_put_commands(api, &w);
	json_close_object(&w);
}

static void member_limit(struct json_writer *w, const char *name, double limit)
{
	json_key(w, name);
	if (limit < 0)
		json_put_null(w);
	else
		json_put_real(w, limit);
}

/* The one form in which every command is answered. */
static void put_reply(
	const struct api *api, const struct command_reply *reply, struct api_answer *a)
{
	struct json_writer w = json_writer_to(&a->body);
	struct snapshot s;

	port_snapshot(&api->port, &s);
	a->status = reply->ok ? 200 : 409;
	json_open_object(&w);
	json_member_bool(&w, "ok", reply->ok);
	json_member_text(&w, "text", reply->text);
	json_member_text(&w, "command", a->command);
	json_member_text(&w, "by", a->by);
	json_member_text(&w, "state", run_state_name(s.state));
	json_member_bool(&w, "dry_run", a->dry_run);
	json_member_uint(&w, "items", reply->items);
	json_member_object(&w, "in_force");
	json_member_int(&w, "concurrency", s.concurrency);
	json_member_bool(&w, "concurrency_auto", s.concurrency_auto);
	member_limit(&w, "rpm", s.rpm.used);
	member_limit(&w, "tpm", s.tpm.used);
	member_limit(&w, "rate", s.rate.used);
	member_limit(&w, "budget_tokens", s.cost.budget_tokens);
	member_limit(&w, "budget_usd", s.cost.budget_usd);
	json_close_object(&w);
	json_close_object(&w);
}

struct command_members {
	struct json_span command, dry_run, folder;
	char unknown[64];
};

static bool on_member(void *ctx, struct json_span key, struct json_span value)
{
	struct command_members *m = ctx;

	if (json_span_equals(key, "command"))
		m->command = value;
	else if (json_span_equals(key, "dry_run"))
		m->dry_run = value;
	else if (json_span_equals(key, "folder"))
		m->folder = value;
	else
		json_string_text(key, m->unknown, sizeof(m->unknown));
	return true;
}

/* A text without NUL that fits into out. */
static bool read_text(struct json_span value, char *out, size_t size)
{
	struct buf text;
	bool fits;

	buf_init(&text, size - 1);
	fits = json_string_decode(value, &text) && !memchr(buf_str(&text), '\0', text.len);
	snprintf(out, size, "%s", fits ? buf_str(&text) : "");
	buf_free(&text);
	return fits;
}

static bool read_command(const struct api_request *r, struct api_answer *a, char folder[PATH_MAX])
{
	struct command_members m = {.unknown = ""};
	struct json_span whole = json_whole(r->body, r->body_len);

	if (!json_span_is(whole, JSON_VALUE_OBJECT) || !json_each(whole, on_member, &m))
		return api_refuse(a, 400,
			"the body is not a JSON object such as {\"command\":\"set rpm "
			"300\"}");
	if (m.unknown[0])
		return api_refuse(a, 400,
			"unknown member \"%s\"; the members are command, dry_run and folder",
			m.unknown);
	if (!json_span_is(m.command, JSON_VALUE_STRING))
		return api_refuse(a, 400, "\"command\" is missing or not a string");
	if (m.dry_run.at && !json_span_is(m.dry_run, JSON_VALUE_TRUE) &&
		!json_span_is(m.dry_run, JSON_VALUE_FALSE))
		return api_refuse(a, 400, "\"dry_run\" must be true or false");
	a->dry_run = json_span_is(m.dry_run, JSON_VALUE_TRUE);
	folder[0] = '\0';
	if (m.folder.at && (!read_text(m.folder, folder, PATH_MAX) || folder[0] != '/'))
		return api_refuse(a, 400, "\"folder\" must be an absolute path");
	return read_text(m.command, a->command, sizeof(a->command)) ||
	       api_refuse(a, 400, "the command is longer than %zu bytes, or not text",
		       sizeof(a->command) - 1);
}

void api_post_command(const struct api *api, const struct api_request *r, struct api_answer *a)
{
	struct command_request request;
	struct command_reply reply = {.ok = false};
	char folder[PATH_MAX];

	if (!read_command(r, a, folder))
		return;
	snprintf(a->by, sizeof(a->by), "%s", r->by ? r->by : "");
	request = (struct command_request){.text = a->command,
		.by = r->by,
		.folder = folder[0] ? folder : NULL,
		.dry_run = a->dry_run};
	port_ask(&api->port, &request, &reply);
	if (!reply.job) {
		put_reply(api, &reply, a);
		return;
	}
	a->wait = API_JOB;
	a->job = reply.job;
}

bool api_job(const struct api *api, struct api_answer *a)
{
	struct command_reply reply = {.ok = true, .text = "done; see the event log"};
	struct job_view job;

	if (port_job(&api->port, a->job, &job)) {
		if (job.active)
			return false;
		reply.ok = job.ok;
		reply.items = job.items;
		snprintf(reply.text, sizeof(reply.text), "%s", job.text);
	}
	put_reply(api, &reply, a);
	return true;
}
