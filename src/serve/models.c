#include "serve/models.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "serve/catalog.h"
#include "serve/kind.h"
#include "serve/scout.h"
#include "serve/service.h"

/* As Anthropic's API numbers them. */
enum { PAGE_USUAL = 20, PAGE_MAX = 1000, BODY_MAX = 64 << 20, NOT_FOUND = 404 };

static const char path[] = "/v1/models/";

bool models_are_anthropic(struct http_exchange *x)
{
	return !strncmp(http_path(x), path, strlen(path) - 1) &&
	       http_header(x, "anthropic-version") != NULL;
}

static bool is_anthropic(const struct call *c)
{
	return c->form == &error_form_anthropic;
}

static const struct catalog *catalog_of(const struct call *c)
{
	return scout_catalog(
		c->service->scout, is_anthropic(c) ? &batch_kind_anthropic : &batch_kind_openai);
}

/* When it was made, as far as it was told. */
static void put_since(struct json_writer *w, const struct model *m)
{
	time_t s = (time_t)m->created_s;
	char text[40];
	struct tm tm;

	if (m->since)
		snprintf(text, sizeof(text), "%.30s", m->since);
	else if (!gmtime_r(&s, &tm) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		strcpy(text, "1970-01-01T00:00:00Z");
	json_member_text(w, "created_at", text);
}

static void put_model(struct json_writer *w, const struct call *c, const struct model *m)
{
	json_open_object(w);
	if (is_anthropic(c))
		json_member_text(w, "type", "model");
	json_member_text(w, "id", m->id);
	if (is_anthropic(c)) {
		json_member_text(w, "display_name", m->shown ? m->shown : m->id);
		put_since(w, m);
	} else {
		json_member_text(w, "object", "model");
		json_member_int(w, "created", m->created_s);
		json_member_text(w, "owned_by", m->owner ? m->owner : "upstream");
	}
	json_close_object(w);
}

/* ---- the list ---- */

/* What of the list a page has. */
struct part {
	size_t from, to;
};

/* The place behind or before an id of the query; false: it was refused. */
static bool find(struct call *c, const struct model_list *all, const char *name, size_t *at)
{
	const char *id = call_parameter(c, name);
	const struct model *m = id ? model_list_find(all, id, strlen(id)) : NULL;

	if (m)
		*at = (size_t)(m - all->at) + !strcmp(name, "after_id");
	else if (id)
		call_refuse(c, 400, NULL, name, "%s: no model has the id '%s'", name, id);
	return m || !id;
}

static bool cut(struct call *c, const struct model_list *all, struct part *part)
{
	int64_t limit = PAGE_USUAL;

	*part = (struct part){0, all->n};
	if (!is_anthropic(c))
		return true;
	if (!call_number(c, "limit", 1, PAGE_MAX, &limit) ||
		!find(c, all, "after_id", &part->from) || !find(c, all, "before_id", &part->to))
		return false;
	if (part->to < part->from)
		part->to = part->from;
	if (part->to - part->from <= (size_t)limit)
		return true;
	if (call_parameter(c, "before_id"))
		part->from = part->to - (size_t)limit;
	else
		part->to = part->from + (size_t)limit;
	return true;
}

/* Goes the list on in the direction of the page? */
static bool has_more(const struct call *c, const struct model_list *all, const struct part *part)
{
	return call_parameter(c, "before_id") ? part->from > 0 : part->to < all->n;
}

void models_list(struct call *c)
{
	const struct model_list *all = &catalog_of(c)->all;
	struct json_writer w;
	struct part part;
	struct buf body;

	if (!cut(c, all, &part))
		return;
	buf_init(&body, BODY_MAX);
	w = json_writer_to(&body);
	json_open_object(&w);
	if (!is_anthropic(c))
		json_member_text(&w, "object", "list");
	json_member_array(&w, "data");
	for (size_t i = part.from; i < part.to; i++)
		put_model(&w, c, &all->at[i]);
	json_close_array(&w);
	if (is_anthropic(c)) {
		bool any = part.to > part.from;

		json_member_text_or_null(&w, "first_id", any ? all->at[part.from].id : NULL);
		json_member_text_or_null(&w, "last_id", any ? all->at[part.to - 1].id : NULL);
		json_member_bool(&w, "has_more", has_more(c, all, &part));
	}
	json_close_object(&w);
	call_answer(c, 200, &body);
	buf_free(&body);
}

/* ---- one of them ---- */

void models_get(struct call *c)
{
	const char *id = http_path(c->x) + strlen(path);
	const struct model *m = model_list_find(&catalog_of(c)->all, id, strlen(id));
	struct json_writer w;
	struct buf body;

	if (!m && is_anthropic(c)) {
		call_refuse(c, NOT_FOUND, NULL, NULL, "model: %s", id);
		return;
	}
	if (!m) {
		call_refuse(c, NOT_FOUND, line_fault_no_model, "model",
			"The model '%s' does not exist or no endpoint takes it.", id);
		return;
	}
	buf_init(&body, BODY_MAX);
	w = json_writer_to(&body);
	put_model(&w, c, m);
	call_answer(c, 200, &body);
	buf_free(&body);
}
