#include "core/parsed_lines.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/alloc.h"

/* As many as a run reads ahead with 4,096 requests in flight. */
enum { SIZE_FIRST = 1024, SIZE_MOST = 8192 };

/* The spans of a line: one list for keeping and for taking out. */
#define SPAN(name) offsetof(struct request_line, name)
static const size_t spans[] = {SPAN(custom_id), SPAN(method), SPAN(url), SPAN(headers), SPAN(body),
	SPAN(metadata), SPAN(model), SPAN(endpoint)};
#undef SPAN

enum { SPANS = sizeof(spans) / sizeof(spans[0]) };

/* Where a span is in its line. */
struct place {
	uint32_t from, len; /* len 0: absent */
};

struct parsed_line {
	uint32_t item; /* plus one; 0: free */
	struct place place[SPANS];
	struct request_line rest; /* its spans are stale */
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

static struct json_span *span_of(struct request_line *line, int i)
{
	return (struct json_span *)((char *)line + spans[i]);
}

void parsed_lines_keep(
	struct parsed_lines *p, uint32_t item, const struct request_line *line, const char *text)
{
	struct parsed_line *slot;

	while (!p->size || (slot_of(p, item)->item && p->size < SIZE_MOST))
		grow(p);
	slot = slot_of(p, item);
	slot->item = item + 1;
	slot->rest = *line;
	for (int i = 0; i < SPANS; i++) {
		const struct json_span *v = span_of(&slot->rest, i);

		slot->place[i] = v->at ? (struct place){(uint32_t)(v->at - text), (uint32_t)v->len}
				       : (struct place){0, 0};
	}
}

bool parsed_lines_take(
	struct parsed_lines *p, uint32_t item, const char *text, struct request_line *out)
{
	struct parsed_line *slot = p->size ? slot_of(p, item) : NULL;

	if (!slot || slot->item != item + 1)
		return false;
	slot->item = 0;
	*out = slot->rest;
	for (int i = 0; i < SPANS; i++) {
		struct place place = slot->place[i];

		*span_of(out, i) = place.len ? (struct json_span){text + place.from, place.len}
					     : (struct json_span){NULL, 0};
	}
	return true;
}
