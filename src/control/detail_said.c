/* What an item's bodies say, for people. */
#include <stdio.h>
#include <string.h>

#include "api/answer_text.h"
#include "api/conversation.h"
#include "base/alloc.h"
#include "control/control_impl.h"
#include "control/detail.h"

enum {
	SAID_MAX = 1000, /* parts: who reads more? */
	TEXT_MAX = 1 << 30
};

/* Where the next parts belong. */
struct speaker {
	struct engine *engine;
	struct item_detail *out;
	const char *stage;
	bool answer;
};

/* A key may hide behind escapes of the JSON that the text was decoded from. */
static void say(void *speaker, const char *role, const char *text, size_t len)
{
	struct speaker *s = speaker;
	struct item_detail *d = s->out;
	struct buf clean;
	struct said *said;

	if (d->n_said == SAID_MAX)
		return;
	d->said = xrealloc(d->said, d->n_said + 1, sizeof(*d->said));
	said = &d->said[d->n_said++];
	*said = (struct said){.answer = s->answer};
	snprintf(said->stage, sizeof(said->stage), "%.31s", s->stage);
	snprintf(said->role, sizeof(said->role), "%s", role);
	buf_init(&clean, TEXT_MAX);
	if (s->engine->ops.redact(s->engine->ctx, text, len, &clean)) {
		text = buf_str(&clean);
		len = clean.len;
	}
	said->text = xmalloc(len + 1);
	memcpy(said->text, text, len);
	said->text[len] = '\0';
	said->len = len;
	buf_free(&clean);
}

static void say_request(struct speaker *s)
{
	const struct conversation c = {say, s};
	const struct item_detail *d = s->out;
	struct json_span body = {NULL, 0}, line;

	if (d->request_body)
		body = json_whole(d->request_body, d->request_body_len);
	if (conversation_of_request(body, &c))
		return;
	/* no request was built of the line: it stands itself, as by OpenAI or Anthropic */
	line = json_find(body, "body");
	conversation_of_request(line.at ? line : json_find(body, "params"), &c);
}

/* A stream in flight is the text itself so far. */
static void say_response(struct speaker *s, bool said_by_stage)
{
	const struct conversation c = {say, s};
	struct item_detail *d = s->out;
	struct json_span body = {NULL, 0};

	if (!d->response_body)
		return;
	body = json_whole(d->response_body, d->response_body_len);
	if (json_span_is(body, JSON_VALUE_OBJECT) || json_span_is(body, JSON_VALUE_ARRAY)) {
		if (!said_by_stage)
			conversation_of_answer(body, &c);
		json_string_text(answer_finish(body), d->finish, sizeof(d->finish));
	} else {
		say(s, "assistant", d->response_body, d->response_body_len);
	}
}

/* One stage of a pipeline: {"status_code":200,"body":…}, {"skipped":true} and the like. */
static bool say_stage(void *speaker, struct json_span key, struct json_span value)
{
	struct speaker *s = speaker;
	const struct conversation c = {say, s};
	struct json_span body = json_find(value, "body");
	char stage[ENDPOINT_NAME_SIZE];
	struct buf text;

	json_string_text(key, stage, sizeof(stage));
	s->stage = stage;
	buf_init(&text, TEXT_MAX);
	if (json_string_decode(body, &text))
		say(s, "assistant", buf_str(&text), text.len);
	else if (!body.at || !conversation_of_answer(body, &c))
		say(s, "state", value.at, value.len);
	buf_free(&text);
	s->stage = "";
	return true;
}

void detail_say(struct engine *e, struct item_detail *out)
{
	struct speaker s = {.engine = e, .out = out, .stage = "", .answer = true};
	struct json_span stages = {NULL, 0};
	bool ended = out->row.state == ITEM_OK || out->row.state == ITEM_FAILED;

	if (out->stages)
		stages = json_whole(out->stages, strlen(out->stages));
	if (stages.at)
		json_each_valid(stages, say_stage, &s);
	/* the answer of a row is that of its last stage */
	s.stage = out->row.stage;
	say_response(&s, ended && out->n_said);
	s.answer = false;
	say_request(&s);
}
