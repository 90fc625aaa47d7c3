/* https://platform.openai.com/docs/api-reference/models and
 * https://docs.anthropic.com/en/api/models-list */
#include "mock/models.h"

#include <string.h>

#include "base/buf.h"

enum { MAX_NAME = 512 };

#define SINCE      1735689600 /* 2025-01-01 */
#define SINCE_TEXT "2025-01-01T00:00:00Z"

static void put_one(const struct call *c, const char *name, size_t len, struct json_writer *w)
{
	json_member_string(w, "id", name, len);
	if (c->anthropic) {
		json_member_text(w, "type", "model");
		json_member_string(w, "display_name", name, len);
		json_member_text(w, "created_at", SINCE_TEXT);
	} else {
		json_member_text(w, "object", "model");
		json_member_int(w, "created", SINCE);
		json_member_text(w, "owned_by", "mock");
	}
}

/* The next of the names; false at their end. */
static bool next_name(const char **models, const char **name, size_t *len)
{
	*models += strspn(*models, ", ");
	*name = *models;
	*len = strcspn(*models, ", ");
	*models += *len;
	return *len > 0;
}

static void put_id(struct json_writer *w, const char *member, const char *name, size_t len)
{
	if (name)
		json_member_string(w, member, name, len);
	else
		json_member_null(w, member);
}

void models_put(const struct call *c, const char *models, struct json_writer *w)
{
	const char *one = path_model(c->path), *name, *first = NULL, *last = NULL;
	size_t len, first_len = 0, last_len = 0;

	if (one) {
		put_one(c, one, strlen(one), w);
		return;
	}
	if (!c->anthropic)
		json_member_text(w, "object", "list");
	json_member_array(w, "data");
	while (next_name(&models, &name, &len)) {
		json_open_object(w);
		put_one(c, name, len, w);
		json_close_object(w);
		last = name;
		last_len = len;
		if (!first) {
			first = name;
			first_len = len;
		}
	}
	json_close_array(w);
	if (!c->anthropic)
		return;
	json_member_bool(w, "has_more", false);
	put_id(w, "first_id", first, first_len);
	put_id(w, "last_id", last, last_len);
}

static bool is_among(const char *models, const char *text, size_t text_len)
{
	const char *name;
	size_t len;

	while (next_name(&models, &name, &len))
		if (len == text_len && memcmp(name, text, len) == 0)
			return true;
	return false;
}

void models_check(const struct call *c, const char *models, struct call_fault *fault)
{
	const char *one = c->kind == CALL_MODELS ? path_model(c->path) : NULL;
	struct buf name;

	buf_init(&name, MAX_NAME);
	if (one)
		buf_adds(&name, one);
	else
		json_string_decode(c->model, &name);
	if (name.len && !is_among(models, name.data, name.len)) {
		if (c->anthropic)
			fault_set(fault, NULL, NULL, "model: %s", buf_str(&name));
		else
			fault_set(fault, "model", "model_not_found",
				"The model `%s` does not exist or you do not have access to it.",
				buf_str(&name));
		fault->status = 404;
	}
	buf_free(&name);
}
