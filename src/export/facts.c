#include "export/facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/expect.h"
#include "api/outcome.h"
#include "api/usage.h"

/* Most bytes of an item's text; memory that is kept from item to item. */
enum { TEXT_MAX = 1 << 30, KEEP_BYTES = 1 << 20 };

static const struct {
	const char *name;
	enum fact_root root;
	bool whole; /* the name is a part of the path below the root */
} roots[] = {
	{"custom_id", FACT_CUSTOM_ID, false},
	{"line", FACT_LINE, false},
	{"state", FACT_STATE, false},
	{"status", FACT_STATUS, false},
	{"text", FACT_TEXT, false},
	{"json", FACT_JSON, false},
	{"finish_reason", FACT_FINISH, false},
	{"model", FACT_MODEL, false},
	{"error", FACT_ERROR, false},
	{"attempts", FACT_SLUICE_MEMBER, true},
	{"tokens_in", FACT_SLUICE_MEMBER, true},
	{"tokens_out", FACT_SLUICE_MEMBER, true},
	{"latency_ms", FACT_SLUICE_MEMBER, true},
	{"cost_usd", FACT_SLUICE_MEMBER, true},
	{"response", FACT_RECORD, true},
	{"result", FACT_RECORD, true},
	{"metadata", FACT_RECORD, true},
	{"stages", FACT_RECORD, true},
	{"sluice", FACT_RECORD, true},
	{"input", FACT_INPUT, false},
	{"body", FACT_BODY, false},
};

/* Can the root have something at this path below it? Texts and numbers have nothing. */
static bool may_have(enum fact_root root, const char *rest)
{
	switch (root) {
	case FACT_CUSTOM_ID:
	case FACT_LINE:
	case FACT_STATE:
	case FACT_STATUS:
	case FACT_TEXT:
	case FACT_FINISH:
	case FACT_MODEL:
		return !*rest;
	case FACT_ERROR:
		return !*rest || !strcmp(rest, "code") || !strcmp(rest, "message");
	default:
		return true;
	}
}

struct fact_path fact_path_of(const char *text)
{
	size_t len = strcspn(text, ".");

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		const char *rest = roots[i].whole ? text : text + len + (text[len] == '.');

		if (strlen(roots[i].name) == len && !memcmp(roots[i].name, text, len) &&
			may_have(roots[i].root, rest))
			return (struct fact_path){roots[i].root, rest};
	}
	return (struct fact_path){FACT_BODY, text};
}

void facts_init(struct facts *f)
{
	*f = (struct facts){.recorded = false};
	buf_init(&f->text, TEXT_MAX);
	buf_init(&f->error, TEXT_MAX);
}

void facts_free(struct facts *f)
{
	buf_free(&f->text);
	buf_free(&f->error);
}

void facts_open(struct facts *f, const struct export_item *item)
{
	f->item = *item;
	f->asked = false;
	f->body = (struct json_span){NULL, 0};
	buf_trim(&f->text, KEEP_BYTES);
	f->recorded =
		item->record.at && result_view_parse(item->record.at, item->record.len, &f->view);
	f->sluice = f->recorded ? json_find(item->record, "sluice") : (struct json_span){NULL, 0};
	if (f->recorded && f->view.answered && !f->view.body_is_text)
		f->body = f->view.body;
}

/* ---- values ---- */

static struct fact text_fact(const char *at, size_t len)
{
	return (struct fact){FACT_IS_TEXT, at, len};
}

/* null counts as nothing. */
static struct fact json_fact(struct json_span v)
{
	if (!v.at || json_span_is(v, JSON_VALUE_NULL))
		return (struct fact){FACT_NONE, "", 0};
	return (struct fact){FACT_IS_JSON, v.at, v.len};
}

/* Less than 0 counts as nothing. */
static struct fact number_fact(struct facts *f, int64_t n)
{
	if (n < 0)
		return json_fact((struct json_span){NULL, 0});
	snprintf(f->number, sizeof(f->number), "%" PRId64, n);
	return (struct fact){FACT_IS_JSON, f->number, strlen(f->number)};
}

static struct fact below(struct json_span v, const char *rest)
{
	return json_fact(*rest ? json_find(v, rest) : v);
}

/* ---- the answer ---- */

/* Of an item that failed, the error stands in the place of an answer. */
static void find_content(struct facts *f)
{
	f->asked = true;
	f->content = CONTENT_NONE;
	f->content_json = (struct json_span){NULL, 0};
	if (!f->recorded || !f->view.answered || f->item.state != ITEM_OK)
		return;
	if (!f->view.body_is_text) {
		f->content = answer_content_find(f->body, &f->text, &f->content_json);
		return;
	}
	result_view_body(&f->view, &f->text);
	f->content = CONTENT_TEXT;
}

static struct fact content_fact(struct facts *f)
{
	if (!f->asked)
		find_content(f);
	switch (f->content) {
	case CONTENT_TEXT:
		return text_fact(buf_str(&f->text), f->text.len);
	case CONTENT_JSON:
		return json_fact(f->content_json);
	case CONTENT_NONE:
		break;
	}
	return json_fact((struct json_span){NULL, 0});
}

/* The text as JSON, which models like to put into a fence. */
static struct fact parsed_fact(struct facts *f, const char *rest)
{
	struct fact content = content_fact(f);
	const char *at = content.at;
	size_t len = content.len;

	if (content.kind == FACT_IS_JSON)
		return below((struct json_span){at, len}, rest);
	answer_strip_fence(&at, &len);
	return below(len ? json_whole(at, len) : (struct json_span){NULL, 0}, rest);
}

static struct fact model_fact(const struct facts *f)
{
	struct json_span model = usage_model(f->body);

	return json_fact(model.at ? model : json_find(f->sluice, "model"));
}

/* A line of another tool has no figures beside the answer, whose usage has two of them. */
static struct fact figure_fact(struct facts *f, const char *name)
{
	struct verdict v = {.tokens_in = -1, .tokens_out = -1, .json = f->body};
	const struct answer a = {.result = NET_STATUS,
		.status = f->recorded ? f->view.status : 0,
		.body = f->body.at,
		.body_len = f->body.len};
	const struct header_values none = {.cost = {NULL, 0}};

	if (f->sluice.at || !f->body.at)
		return below(f->sluice, name);
	usage_read(json_find(f->body, "usage"), &a, &none, &v);
	if (!strcmp(name, "tokens_in"))
		return number_fact(f, v.tokens_in);
	return number_fact(f, !strcmp(name, "tokens_out") ? v.tokens_out : -1);
}

/* "code: message", or one of both. */
static struct fact error_fact(struct facts *f, const char *rest)
{
	struct verdict v;

	if (!f->recorded || f->item.state == ITEM_OK)
		return json_fact((struct json_span){NULL, 0});
	result_view_judge(&f->view, &v);
	buf_clear(&f->error);
	if (!*rest || !strcmp(rest, "code"))
		buf_adds(&f->error, v.code);
	if (!*rest && !strcmp(v.code, v.message))
		return text_fact(buf_str(&f->error), f->error.len);
	if (!*rest && *v.code && *v.message)
		buf_adds(&f->error, ": ");
	if (!*rest || !strcmp(rest, "message"))
		buf_adds(&f->error, v.message);
	return text_fact(buf_str(&f->error), f->error.len);
}

static struct fact input_member(const struct facts *f, const char *name)
{
	struct json_want want = {.name = name};

	if (!f->item.input.at)
		return json_fact(want.value);
	json_pick(f->item.input.at, f->item.input.len, &want, 1, NULL);
	return json_fact(want.value);
}

struct fact facts_find(struct facts *f, const struct fact_path *path)
{
	const char *state = item_state_name(f->item.state);

	switch (path->root) {
	case FACT_CUSTOM_ID:
		return text_fact(f->item.id, f->item.id_len);
	case FACT_LINE:
		return number_fact(f, f->item.line ? (int64_t)f->item.line : -1);
	case FACT_STATE:
		return text_fact(state, strlen(state));
	case FACT_STATUS:
		return number_fact(f, f->recorded && f->view.status ? f->view.status : -1);
	case FACT_TEXT:
		return content_fact(f);
	case FACT_JSON:
		return parsed_fact(f, path->rest);
	case FACT_FINISH:
		return json_fact(answer_finish(f->body));
	case FACT_MODEL:
		return model_fact(f);
	case FACT_ERROR:
		return error_fact(f, path->rest);
	case FACT_SLUICE_MEMBER:
		return figure_fact(f, path->rest);
	case FACT_RECORD:
		return f->recorded ? below(f->item.record, path->rest)
				   : json_fact((struct json_span){NULL, 0});
	case FACT_INPUT:
		return below(f->item.input, path->rest);
	case FACT_INPUT_MEMBER:
		return input_member(f, path->rest);
	case FACT_BODY:
		return below(f->body, path->rest);
	}
	return json_fact((struct json_span){NULL, 0});
}
