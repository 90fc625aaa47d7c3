/* What an export knows of an item: its state, its answer, its row, by the paths of columns. Pure.
 */
#ifndef SLUICE_EXPORT_FACTS_H
#define SLUICE_EXPORT_FACTS_H

#include "api/answer_text.h"
#include "base/buf.h"
#include "base/json.h"
#include "ledger/result_view.h"
#include "words.h"

/* An item; all of it is borrowed. */
struct export_item {
	const char *id;
	size_t id_len;
	uint64_t line;
	enum item_state state;
	struct json_span record; /* its line of results or errors file; at NULL: it has not ended */
	struct json_span input;  /* its input line as a JSON object; at NULL: not known */
};

/* Where a value is: the first name of a path, and what follows it. */
enum fact_root {
	FACT_CUSTOM_ID,
	FACT_LINE,
	FACT_STATE,
	FACT_STATUS,
	FACT_TEXT,
	FACT_JSON, /* the text read as JSON */
	FACT_FINISH,
	FACT_MODEL,
	FACT_ERROR,
	FACT_SLUICE_MEMBER, /* tokens_in and others: of the record's member "sluice" */
	FACT_RECORD,        /* response, metadata, … of the record */
	FACT_INPUT,
	FACT_INPUT_MEMBER, /* a member of the input line by its whole name, dots and all */
	FACT_BODY,
};
struct fact_path {
	enum fact_root root;
	const char *rest; /* the path below the root, ""; borrowed from the text */
};
/* Reads "input.user.name", "choices.0.message.role" and so on: a first name that is none of the
 * roots begins a path in the answer's body, as in --expect; so does one with a member that its root
 * cannot have, such as "text.format" or "error.type". */
struct fact_path fact_path_of(const char *text);

enum fact_kind { FACT_NONE, FACT_IS_TEXT, FACT_IS_JSON };
struct fact {
	enum fact_kind kind;
	const char *at; /* a text, or one valid JSON value */
	size_t len;
};

/* The facts of one item after another. */
struct facts {
	struct export_item item;
	struct result_view view;
	bool recorded; /* the record is a line of results or errors */
	bool asked;    /* the content was looked for */
	enum answer_content_kind content;
	struct json_span sluice, body; /* of the record; the answer's body, if it is JSON */
	struct json_span content_json;
	struct buf text, error;
	char number[24];
};

void facts_init(struct facts *f);
void facts_free(struct facts *f);
/* Turns to an item, which is borrowed until the next call. */
void facts_open(struct facts *f, const struct export_item *item);
/* The value at a path. Borrowed until the next call of facts_find() or facts_open(). */
struct fact facts_find(struct facts *f, const struct fact_path *path);

#endif
