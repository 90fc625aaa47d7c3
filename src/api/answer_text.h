/* What a model answered with, in whichever API's form: for tables of answers. Pure. */
#ifndef SLUICE_API_ANSWER_TEXT_H
#define SLUICE_API_ANSWER_TEXT_H

#include "base/buf.h"
#include "base/json.h"

enum answer_content_kind {
	CONTENT_NONE, /* the model wrote nothing: it calls tools, or it was cut off before */
	CONTENT_TEXT,
	CONTENT_JSON, /* a vector, a list of vectors, or the whole body of another service */
};

/* Finds the content of a valid body: appends it to text, or sets *json to a span of the body. Of
 * several choices the first counts; reasoning is left out; a refusal is a text. One embedding is
 * its vector, several are the list that holds them. */
enum answer_content_kind answer_content_find(
	struct json_span body, struct buf *text, struct json_span *json);
/* The reason why the model finished, in the words of its API; absent when there is none. */
struct json_span answer_finish(struct json_span body);

#endif
