/* The lines of a batch, by the API that it belongs to: what a client may ask in them, and what it
 * gets for each. Pure; called from the threads of jobs. */
#ifndef SLUICE_SERVE_KIND_H
#define SLUICE_SERVE_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/request.h"
#include "base/buf.h"
#include "base/json.h"
#include "serve/model_list.h"

struct catalog;

extern const char line_fault_no_model[]; /* the code of a model that no endpoint has */

/* What is wrong with a line. */
struct line_fault {
	const char *code;
	const char *param; /* NULL: none */
	char message[300];
	/* Of line_fault_no_model, the name; "": it can be none. */
	char model[MODEL_TEXT_MAX];
};

/* What the lines of a batch must fit. Texts are borrowed. */
struct kind_rules {
	const char *endpoint;          /* of the batch; "": of the kind's own */
	const char *default_model;     /* of lines that name none; NULL: they stay as they are */
	const struct catalog *catalog; /* of the models that endpoints take; NULL: any */
};

/* A line of the ledger. Spans are absent where the line has none, and have no line breaks. */
struct kind_answer {
	const char *batch; /* its id */
	uint64_t line;
	bool ok;
	struct json_span custom_id; /* a string with its quotes */
	struct json_span response;  /* {"status_code","request_id","body"}, or null */
	struct json_span error;     /* {"code","message"}, or null */
};

struct batch_kind {
	const char *name;
	enum input_format format; /* of the lines that check() makes */
	bool one_file; /* all lines of the result are in one, which belongs to the batch */
	/* Checks a line of a client's input and appends it, with its newline, as it is sent: with
	 * the members that the API knows, and no others, so that no client chooses headers,
	 * endpoints or addresses. id gets its custom_id, a string with its quotes, where it has
	 * one. False and fault when it is wrong. */
	bool (*check)(const struct kind_rules *rules, const char *line, size_t len, struct buf *out,
		struct json_span *id, struct line_fault *fault);
	/* Append a line of the result, with its newline: of a line that ended, and of one that did
	 * not because the batch expired or was cancelled. */
	void (*answered)(const struct kind_answer *a, struct buf *out);
	void (*unfinished)(const struct kind_answer *a, bool expired, struct buf *out);
};

extern const struct batch_kind batch_kind_openai, batch_kind_anthropic, batch_kind_simple;

/* NULL: there is none of this name. */
const struct batch_kind *batch_kind_named(const char *name);

/* Sets the fault; returns false. */
bool line_fault_set(struct line_fault *fault, const char *code, const char *param,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
/* May the model of a body that is in one line be asked? Appends the body to out, with the default
 * model where it names none: then model is absent. False and fault otherwise. */
bool kind_add_body(const struct kind_rules *rules, struct json_span body, struct json_span model,
	const char *param, struct buf *out, struct line_fault *fault);

#endif
