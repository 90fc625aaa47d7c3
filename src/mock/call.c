#include "mock/call.h"

#include <string.h>

#include "base/hash.h"
#include "mock/azure.h"

enum { MAX_NAME = 200 };

static bool is_true(struct json_span v)
{
	return json_span_is(v, JSON_VALUE_TRUE);
}

static void refuse_path(const struct call *c, struct call_fault *fault)
{
	if (c->kind == CALL_UNKNOWN && c->anthropic)
		fault_set(fault, NULL, NULL, "Not Found");
	else if (c->kind == CALL_UNKNOWN)
		fault_set(fault, NULL, NULL, "Invalid URL (%s %.200s)", c->method, c->path);
	else if (c->anthropic)
		fault_set(fault, NULL, NULL, "Method Not Allowed");
	else
		fault_set(fault, NULL, NULL, "Not allowed to %s on %.200s.", c->method, c->path);
	fault->status = c->kind == CALL_UNKNOWN ? 404 : 405;
}

static void read_members(struct call *c, const struct call_request *r, struct call_fault *fault)
{
	struct json_span model;

	if (!members_find(r->body, r->len, c->anthropic, c->member, fault))
		return;
	model = c->member[MEMBER_MODEL];
	if (json_span_is(model, JSON_VALUE_STRING) && model.len <= MAX_NAME)
		c->model = model;
	if (json_span_is(c->member[MEMBER_MOCK], JSON_VALUE_STRING))
		c->script = c->member[MEMBER_MOCK];
	c->stream = is_true(c->member[MEMBER_STREAM]) && c->kind != CALL_EMBEDDINGS &&
		    c->kind != CALL_COUNT_TOKENS;
	c->include_usage = is_true(json_find(c->member[MEMBER_STREAM_OPTIONS], "include_usage"));
	members_check(c->kind, c->member, azure_is_deployment(r->path), fault);
}

void call_read(struct call *c, const struct call_request *r, struct call_fault *fault)
{
	*fault = (struct call_fault){.status = 0};
	*c = (struct call){.kind = call_kind_of(r->method, r->path),
		.method = r->method,
		.path = r->path,
		.azure = azure_is_path(r->path),
		.bytes = r->len,
		.hash = hash_bytes(r->body, r->len) ^ hash_bytes(r->path, strlen(r->path)),
		.tokens_in = (int64_t)(r->len / CHARS_PER_TOKEN) + 1};
	c->anthropic = kind_is_anthropic(c->kind) || (r->anthropic && c->kind >= CALL_MODELS) ||
		       strncmp(r->path, "/v1/messages/", 13) == 0;
	switch (c->kind) {
	case CALL_RAW:
	case CALL_MODELS:
		return;
	case CALL_UNKNOWN:
	case CALL_BAD_METHOD:
		refuse_path(c, fault);
		return;
	default:
		read_members(c, r, fault);
	}
}
