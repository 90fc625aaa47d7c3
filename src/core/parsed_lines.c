#include "core/parsed_lines.h"

#include <stdlib.h>

#include "base/alloc.h"

/* As many as a run reads ahead with 4,096 requests in flight. */
enum { SIZE_FIRST = 1024, SIZE_MOST = 8192 };

/* A span of the line. */
struct place {
	uint32_t from, len; /* len 0: absent */
};

struct parsed_line {
	uint32_t item; /* plus one; 0: free */
	struct place custom_id, method, url, headers, body, metadata, model, endpoint;
	struct request_line rest; /* without its spans */
};

void parsed_lines_init(struct parsed_lines *p)
{
	*p = (struct parsed_lines){.at = NULL};
}

void parsed_lines_free(struct parsed_lines *p)
{
	free(p->at);
	parsed_lines_init(p);
}

static struct parsed_line *slot_of(const struct parsed_lines *p, uint32_t item)
{
	return &p->at[item & (p->size - 1)];
}

static void grow(struct parsed_lines *p)
{
	struct parsed_lines before = *p;

	p->size = before.size ? 2 * before.size : SIZE_FIRST;
	p->at = xcalloc(p->size, sizeof(*p->at));
	for (uint32_t i = 0; i < before.size; i++)
		if (before.at[i].item)
			*slot_of(p, before.at[i].item - 1) = before.at[i];
	free(before.at);
}

static struct place place_of(struct json_span v, const char *text)
{
	return v.at ? (struct place){(uint32_t)(v.at - text), (uint32_t)v.len} : (struct place){0};
}

static struct json_span span_at(struct place place, const char *text)
{
	return place.len ? (struct json_span){text + place.from, place.len}
			 : (struct json_span){NULL, 0};
}

void parsed_lines_keep(
	struct parsed_lines *p, uint32_t item, const struct request_line *line, const char *text)
{
	struct parsed_line *slot;

	while (!p->size || (slot_of(p, item)->item && p->size < SIZE_MOST))
		grow(p);
	slot = slot_of(p, item);
	slot->item = item + 1;
	slot->custom_id = place_of(line->custom_id, text);
	slot->method = place_of(line->method, text);
	slot->url = place_of(line->url, text);
	slot->headers = place_of(line->headers, text);
	slot->body = place_of(line->body, text);
	slot->metadata = place_of(line->metadata, text);
	slot->model = place_of(line->model, text);
	slot->endpoint = place_of(line->endpoint, text);
	slot->rest = *line;
}

bool parsed_lines_take(
	struct parsed_lines *p, uint32_t item, const char *text, struct request_line *out)
{
	struct parsed_line *slot = p->size ? slot_of(p, item) : NULL;

	if (!slot || slot->item != item + 1)
		return false;
	slot->item = 0;
	*out = slot->rest;
	out->custom_id = span_at(slot->custom_id, text);
	out->method = span_at(slot->method, text);
	out->url = span_at(slot->url, text);
	out->headers = span_at(slot->headers, text);
	out->body = span_at(slot->body, text);
	out->metadata = span_at(slot->metadata, text);
	out->model = span_at(slot->model, text);
	out->endpoint = span_at(slot->endpoint, text);
	return true;
}
