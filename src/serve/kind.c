#include "serve/kind.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "serve/catalog.h"

const char line_fault_no_model[] = "model_not_found";

static const struct batch_kind *const kinds[] = {
	&batch_kind_openai, &batch_kind_anthropic, &batch_kind_simple};

const struct batch_kind *batch_kind_named(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i]->name, name))
			return kinds[i];
	return NULL;
}

bool line_fault_set(
	struct line_fault *fault, const char *code, const char *param, const char *format, ...)
{
	char raw[sizeof(fault->message)];
	va_list ap;

	va_start(ap, format);
	vsnprintf(raw, sizeof(raw), format, ap);
	va_end(ap);
	fault->code = code;
	fault->param = param;
	text_sanitise(fault->message, sizeof(fault->message), raw, strlen(raw));
	return false;
}

static bool refuse_model(struct line_fault *fault, const char *param, const char *model, size_t len)
{
	fault->model[0] = '\0';
	if (len < sizeof(fault->model) && !memchr(model, '\0', len))
		memcpy(fault->model, model, len + 1);
	return line_fault_set(fault, line_fault_no_model, param,
		"The model '%.100s' does not exist or no endpoint takes it.", model);
}

/* model: followed by a NUL. */
static bool may_ask(const struct kind_rules *rules, const char *model, size_t len,
	const char *param, struct line_fault *fault)
{
	return !rules->catalog || catalog_takes(rules->catalog, model, len) ||
	       refuse_model(fault, param, model, len);
}

static bool may_ask_span(const struct kind_rules *rules, struct json_span model, const char *param,
	struct line_fault *fault)
{
	struct buf text;
	bool known;

	/* as nearly always: without escapes */
	if (!rules->catalog || catalog_takes(rules->catalog, model.at + 1, model.len - 2))
		return true;
	buf_init(&text, model.len + 1);
	json_string_decode(model, &text);
	known = may_ask(rules, buf_str(&text), text.len, param, fault);
	buf_free(&text);
	return known;
}

bool kind_add_body(const struct kind_rules *rules, struct json_span body, struct json_span model,
	const char *param, struct buf *out, struct line_fault *fault)
{
	const char *first;

	if (json_span_is(model, JSON_VALUE_STRING))
		return may_ask_span(rules, model, param, fault) && buf_add(out, body.at, body.len);
	if (model.at)
		return line_fault_set(fault, "invalid_type", param,
			"Invalid type for '%s': expected a string.", param);
	if (!rules->default_model)
		return buf_add(out, body.at, body.len);
	if (!may_ask(rules, rules->default_model, strlen(rules->default_model), param, fault))
		return false;
	for (first = body.at + 1; (unsigned char)*first <= ' ';)
		first++;
	buf_adds(out, "{\"model\":");
	json_add_string(out, rules->default_model, strlen(rules->default_model));
	if (*first != '}')
		buf_addc(out, ',');
	return buf_add(out, first, (size_t)(body.at + body.len - first));
}
