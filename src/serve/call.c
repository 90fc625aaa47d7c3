#include "serve/call.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/lines.h"
#include "base/parse.h"
#include "base/text.h"

enum { ERROR_MAX = 8 << 10, INTERNAL = 500, BAD_REQUEST = 400 };

static const char type_json[] = "application/json";

void call_hold(struct call *c)
{
	c->holds++;
}

void call_release(struct call *c)
{
	if (--c->holds)
		return;
	if (c->end)
		c->end(c);
	free(c);
}

const char *call_parameter(const struct call *c, const char *name)
{
	for (int i = 0; i < c->n_parameters; i++)
		if (!strcmp(c->parameter[i].name, name))
			return c->parameter[i].value;
	return NULL;
}

bool call_number(struct call *c, const char *name, int64_t min, int64_t max, int64_t *out)
{
	const char *value = call_parameter(c, name);

	if (!value || parse_count(value, min, max, out))
		return true;
	call_refuse(c, BAD_REQUEST, "invalid_value", name,
		"Invalid value for '%s': expected a number from %lld to %lld.", name,
		(long long)min, (long long)max);
	return false;
}

static void name_request(struct call *c)
{
	http_add_header(c->x, c->form->request_header, c->request_id);
	if (c->origin)
		http_add_header(c->x, "Access-Control-Allow-Origin", c->origin);
	if (c->retry_after[0])
		http_add_header(c->x, "Retry-After", c->retry_after);
}

void call_write_own(struct call *c, int status, const char *words, struct buf *out)
{
	const struct problem p = {.status = status, .message = words};
	struct json_writer w = json_writer_to(out);

	c->form->error(&w, &p, c->request_id);
	name_request(c);
	/* that it ends is no answer to its client */
	if (status >= INTERNAL || c->status)
		return;
	c->status = status;
	c->bytes = out->len;
}

void call_answer(struct call *c, int status, struct buf *body)
{
	call_answer_as(c, status, type_json, body);
}

void call_begin_stream(struct call *c, const char *type)
{
	c->status = 200;
	name_request(c);
	http_begin_stream(c->x, type);
}

void call_answer_as(struct call *c, int status, const char *type, struct buf *body)
{
	if (!c->x || c->status)
		return;
	c->status = status;
	c->bytes = body->len;
	name_request(c);
	http_answer(c->x, status, body->len ? type : NULL, body);
}

void call_answer_file(struct call *c, const char *type, const char *path)
{
	struct error err;
	struct stat st;
	int fd;

	if (!c->x || c->status)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		error_set(&err, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		call_fail(c, &err);
		return;
	}
	c->status = 200;
	c->bytes = (uint64_t)st.st_size;
	name_request(c);
	http_answer_file(c->x, type, fd, c->bytes);
}

static void answer_problem(struct call *c, const struct problem *p)
{
	struct buf body;
	struct json_writer w = json_writer_to(&body);

	buf_init(&body, ERROR_MAX);
	c->form->error(&w, p, c->request_id);
	call_answer(c, p->status, &body);
	buf_free(&body);
}

static void refuse(struct call *c, struct problem *p, const char *format, va_list ap)
{
	char raw[600], text[600];

	vsnprintf(raw, sizeof(raw), format, ap);
	text_sanitise(text, sizeof(text), raw, strlen(raw));
	p->message = text;
	answer_problem(c, p);
}

void call_refuse_with(struct call *c, const struct problem *p, int seconds)
{
	snprintf(c->retry_after, sizeof(c->retry_after), "%d", seconds);
	answer_problem(c, p);
}

void call_refuse(
	struct call *c, int status, const char *code, const char *param, const char *format, ...)
{
	struct problem p = {.status = status, .code = code, .param = param};
	va_list ap;

	va_start(ap, format);
	refuse(c, &p, format, ap);
	va_end(ap);
}

void call_refuse_for(
	struct call *c, int status, const char *code, int seconds, const char *format, ...)
{
	struct problem p = {.status = status, .code = code};
	va_list ap;

	snprintf(c->retry_after, sizeof(c->retry_after), "%d", seconds);
	va_start(ap, format);
	refuse(c, &p, format, ap);
	va_end(ap);
}

void call_fail(struct call *c, const struct error *err)
{
	say_warning("%s: %s", c->request_id, err->text);
	call_refuse(c, INTERNAL, NULL, NULL,
		"The server had an error while processing your request; its log has the reason "
		"under %s.",
		c->request_id);
}
