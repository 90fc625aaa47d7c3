/* The control API: its answers and errors, and the parameters of requests. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "base/text.h"
#include "control/api_impl.h"

enum { ANSWER_MAX = 8 << 20 };

const char api_type_json[] = "application/json";
const char api_type_events[] = "text/event-stream";

void api_answer_init(struct api_answer *a)
{
	memset(a, 0, sizeof(*a));
	a->status = 200;
	a->type = api_type_json;
	buf_init(&a->body, ANSWER_MAX);
}

void api_answer_free(struct api_answer *a)
{
	buf_free(&a->body);
	free(a->watch);
}

/* ---- errors ---- */

static const struct {
	int status;
	const char *kind;
} kinds[] = {
	{400, "bad_request"},
	{403, "forbidden"},
	{404, "not_found"},
	{405, "method_not_allowed"},
	{413, "too_large"},
	{429, "busy"},
	{503, "unavailable"},
};

void api_error(int status, const char *message, struct buf *out)
{
	struct json_writer w = json_writer_to(out);
	const char *kind = "error";

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].status == status)
			kind = kinds[i].kind;
	json_open_object(&w);
	json_member_object(&w, "error");
	json_member_text(&w, "kind", kind);
	json_member_text(&w, "message", message);
	json_close_object(&w);
	json_close_object(&w);
}

bool api_refuse(struct api_answer *a, int status, const char *format, ...)
{
	char raw[600], text[600];
	va_list ap;

	va_start(ap, format);
	vsnprintf(raw, sizeof(raw), format, ap);
	va_end(ap);
	text_sanitise(text, sizeof(text), raw, strlen(raw));
	a->status = status;
	a->type = api_type_json;
	buf_clear(&a->body);
	api_error(status, text, &a->body);
	return false;
}

/* ---- the query ---- */

void api_add_parameter(
	struct api_request *r, const char *name, size_t name_len, const char *value, size_t len)
{
	struct api_parameter *p = &r->parameter[r->n_parameters];

	if (r->n_parameters == API_PARAMETERS)
		r->bad = "too many parameters";
	else if (name_len >= sizeof(p->name) || memchr(name, '\0', name_len))
		r->bad = "the name of a parameter is too long";
	else if (len >= sizeof(p->value))
		r->bad = "the value of a parameter is too long";
	else if (memchr(value, '\0', len))
		r->bad = "the value of a parameter is not text";
	if (r->bad)
		return;
	memcpy(p->name, name, name_len);
	p->name[name_len] = '\0';
	memcpy(p->value, value, len);
	p->value[len] = '\0';
	r->n_parameters++;
}

const char *api_value(const struct api_request *r, const char *name)
{
	for (int i = 0; i < r->n_parameters; i++)
		if (!strcmp(r->parameter[i].name, name))
			return r->parameter[i].value;
	return NULL;
}

bool api_number(const struct api_request *r, const char *name, int64_t min, int64_t max,
	int64_t *out, struct api_answer *a)
{
	const char *value = api_value(r, name);

	if (!value || parse_count(value, min, max, out))
		return true;
	return api_refuse(a, 400, "%s: \"%s\" is not a number from %lld to %lld", name, value,
		(long long)min, (long long)max);
}

bool api_flag(const struct api_request *r, const char *name, bool *out, struct api_answer *a)
{
	const char *value = api_value(r, name);

	if (!value)
		return true;
	if ((value[0] != '0' && value[0] != '1') || value[1])
		return api_refuse(a, 400, "%s: \"%s\" must be 0 or 1", name, value);
	*out = value[0] == '1';
	return true;
}
