/* Reads a complete request and finds what answers it: the model, a script within it, a line of the
 * file of answers, or a refusal. */
#include "config.h"

#include <string.h>

#include "mock/bodies.h"
#include "mock/models.h"
#include "mock/reply.h"
#include "mock/server.h"

static enum MHD_Result take_parameter(
	void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct exchange *e = cls;

	(void)kind;
	script_set(&e->script, name, value);
	return MHD_YES;
}

/* Finds the canned answer for the request, if any. A success comes at the model's pace unless it
 * has one of its own. */
static void take_canned(struct exchange *e)
{
	const struct canned_answer *t =
		answers_find(&e->mock->answers, e->call.path, buf_str(&e->body), e->body.len);

	e->canned = t;
	if (!t)
		return;
	e->script.body = t->body;
	e->script.on = t->status != 200 || t->drop || t->latency_us >= 0;
	e->script.status = t->status;
	e->script.drop = t->drop;
	e->script.latency_us = t->latency_us > 0 ? t->latency_us : 0;
}

static void take_script(struct exchange *e)
{
	script_init(&e->script);
	MHD_get_connection_values(e->connection, MHD_GET_ARGUMENT_KIND, take_parameter, e);
	if (e->call.script.at)
		script_read(&e->script, e->call.script, &e->script_text);
	if (e->script.wrong)
		fault_set(&e->fault, NULL, NULL, "a scripted parameter has a bad value");
	else if (e->script.on)
		script_decide(&e->script, e->call.path, &e->mock->keys);
	else
		take_canned(e);
	/* a scripted or canned answer is one to any request that can be read */
	if (!e->script.wrong && !e->fault.unreadable && (e->script.on || e->canned))
		e->fault.status = 0;
}

/* Refuses as servers do that take only so many texts at once, or reject some. */
static void check_inputs(struct exchange *e)
{
	const struct mock *m = e->mock;
	struct json_span input = e->call.member[MEMBER_INPUT];

	if (e->call.kind != CALL_EMBEDDINGS || !input.at || e->fault.status)
		return;
	if (m->embed_max && body_count_inputs(input) > m->embed_max)
		e->too_large = true;
	else if (m->embed_bad && memmem(input.at, input.len, m->embed_bad, strlen(m->embed_bad)))
		fault_set(&e->fault, "input", NULL, "An input is not valid.");
}

/* Decides what a model says, which a canned answer may say for it. */
static void speak(struct exchange *e)
{
	const struct canned_answer *t = e->canned;
	struct call_fault fault = {.status = 0};
	struct call *c = &e->call;

	reply_decide(c, e->mock->tokens_out, &e->said, &fault);
	if (!e->script.on && !t)
		e->fault = fault;
	if (!t)
		return;
	c->finish = t->finish;
	c->silent = t->silent;
	if (t->text || t->silent) {
		c->text = t->text;
		c->tool.at = NULL;
	}
}

static bool has_header(const struct exchange *e, const char *name)
{
	return MHD_lookup_connection_value(e->connection, MHD_HEADER_KIND, name) != NULL;
}

void exchange_read(struct exchange *e, const char *method, const char *path)
{
	struct mock *m = e->mock;
	const struct call_request request = {.method = method,
		.path = path,
		.anthropic = has_header(e, "anthropic-version"),
		.body = buf_str(&e->body),
		.len = e->body.len};

	call_read(&e->call, &request, &e->fault);
	e->call.serial = ++m->serial;
	e->refused = admission_refuses(e);
	if (e->refused) {
		script_init(&e->script);
		e->fault.status = 0;
		return;
	}
	if (m->models && !e->fault.status)
		models_check(&e->call, m->models, &e->fault);
	take_script(e);
	if (!e->fault.status)
		speak(e);
	check_inputs(e);
}
