/* Conditions on a successful answer beyond its status (--expect): a 2xx that fails one is a
 * bad_response with its own code. Pure. */
#ifndef SLUICE_API_EXPECT_H
#define SLUICE_API_EXPECT_H

#include <stdbool.h>
#include <stddef.h>

#include "api/response.h"
#include "base/buf.h"
#include "base/error.h"

enum { EXPECT_MAX = 16 };

enum expect_kind {
	EXPECT_JSON,     /* the answer's text is one valid JSON value, perhaps in a ``` fence, or it
			  * calls tools; a plain HTTP call's text is its body */
	EXPECT_NONEMPTY, /* the text is not empty or white space only, or the answer calls tools */
	EXPECT_TEXT,     /* the text is not empty or white space only */
	EXPECT_FINISH,   /* the finish reason, in the words of OpenAI's chat for all dialects */
	EXPECT_VALUE     /* a member of the body has this value */
};

struct expect {
	enum expect_kind kind;
	char path[128];  /* "usage.total_tokens"; "finish_reason" of EXPECT_FINISH */
	char value[128]; /* as text: a string's content, else the JSON value */
};

struct expects {
	struct expect at[EXPECT_MAX];
	size_t n;
};

/* Adds an expectation: "json", "nonempty", "text", "finish_reason=VALUE" or "PATH=VALUE"; a path is
 * member names and array places parted by dots. False and err for anything else. */
bool expects_add(struct expects *e, const char *text, struct error *err);

/* Checks the body of an answer of provider p whose verdict out is ok so far. False when it fails an
 * expectation: the outcome is then bad_response, the code expect_json, expect_nonempty,
 * expect_text or expect_NAME (the path's last member), and the message says what was there. */
bool expects_judge(const struct expects *e, const struct provider *p, const char *body, size_t len,
	struct verdict *out);

/* Is this the verdict of a failed expectation? */
bool expects_failed(const struct verdict *v);

/* Appends the text that a model answered with: of chat and text completions, responses and
 * Anthropic messages; of several choices the first. body: a valid value or absent. False when it
 * has no text. */
bool answer_body_text(struct json_span body, struct buf *out);
/* Removes a Markdown fence, which models like to put around JSON, and the white space around it. */
void answer_strip_fence(const char **at, size_t *len);

#endif
