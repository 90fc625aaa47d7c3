/* The form of each endpoint's answers: the body of a 200, and the events of a stream. Pure; all is
 * valid JSON for any request. */
#ifndef SLUICE_MOCK_FORMS_H
#define SLUICE_MOCK_FORMS_H

#include <stdint.h>

#include "base/json_writer.h"
#include "mock/call.h"

/* The events of a stream, written one after the other. */
struct events {
	struct buf *out; /* borrowed */
	int64_t created_s;
	int n;      /* events so far */
	int choice; /* of the piece that is written */
};

struct form {
	/* Writes the members of the body. created_s: seconds since 1970. */
	void (*body)(const struct call *c, int64_t created_s, struct json_writer *w);
	/* Write the events before the first piece of text or arguments, one piece, and those behind
	 * the last. text: a part of what stands within a JSON string. NULL: it never streams. */
	void (*start)(const struct call *c, struct events *e);
	void (*piece)(const struct call *c, const char *text, size_t len, struct events *e);
	void (*finish)(const struct call *c, struct events *e);
};

extern const struct form form_openai;    /* chat and completions */
extern const struct form form_responses; /* OpenAI's Responses API */
extern const struct form form_messages;  /* Anthropic's */
extern const struct form form_embeddings;

/* Begins an event with these data; name: NULL when its API names none. */
struct json_writer event_begin(const char *name, struct events *e);
/* Begins a named event whose data repeat its name as their type. */
struct json_writer event_begin_typed(const char *name, struct events *e);
void event_end(struct json_writer *w);
/* Writes a member with a part of what stands within a JSON string. */
void event_put_piece(struct json_writer *w, const char *name, const char *text, size_t len);

#endif
