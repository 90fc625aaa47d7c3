/* What a successful answer must fulfil beyond its status (--expect): a 2xx that does not is a
 * bad_response of its own kind. Pure. */
#ifndef SLUICE_API_EXPECT_H
#define SLUICE_API_EXPECT_H

#include <stdbool.h>
#include <stddef.h>

#include "api/response.h"
#include "base/buf.h"
#include "base/error.h"

enum { EXPECT_MAX = 16 };

enum expect_kind {
	EXPECT_JSON,     /* the answer's text is one valid JSON value, perhaps in a ``` fence; that
			  * of a plain HTTP call is its body */
	EXPECT_NONEMPTY, /* it is not empty or white space only */
	EXPECT_FINISH,   /* the model ended so; OpenAI's chat's words stand for all dialects' */
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

/* Adds "json", "nonempty", "finish_reason=VALUE" or "PATH=VALUE"; a path is member names and array
 * places parted by dots. False and err when it is none of these. */
bool expects_add(struct expects *e, const char *text, struct error *err);

/* Judges the body of an answer of p's that is ok so far, of which out is the verdict. False when it
 * fails one of them: outcome is then bad_response, code expect_json, expect_nonempty or expect_NAME
 * (the path's last member), and the message says what was there. */
bool expects_judge(const struct expects *e, const struct provider *p, const char *body, size_t len,
	struct verdict *out);

/* Is this the verdict of a failed expectation? */
bool expects_failed(const struct verdict *v);

/* Appends the text that a model answered with, whoever's the model: of chat and text completions,
 * responses and Anthropic messages; of several choices the first. False when the body, a valid
 * value or absent, has none. */
bool answer_body_text(struct json_span body, struct buf *out);
/* Models like to put JSON into a fence of Markdown: takes that off a text, and white space around.
 */
void answer_strip_fence(const char **at, size_t *len);

#endif
