/* How an API speaks of errors. */
#ifndef SLUICE_SERVE_ERROR_FORM_H
#define SLUICE_SERVE_ERROR_FORM_H

#include "base/json_writer.h"

struct problem {
	int status;
	const char *code, *param; /* NULL: none */
	const char *type;         /* of OpenAI's form; NULL: by the status */
	const char *message;
};

struct error_form {
	const char *request_header; /* names the request in every answer */
	const char *request_prefix; /* of these names */
	/* Writes the body of an error. */
	void (*error)(struct json_writer *w, const struct problem *p, const char *request_id);
	/* Appends the event that ends a stream of this path with an error. */
	void (*event)(
		struct buf *out, const char *path, const struct problem *p, const char *request_id);
};

extern const struct error_form error_form_openai, error_form_anthropic;

#endif
