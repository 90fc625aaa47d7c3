/* One prompt: a batch of one line, which waits in no line, is not kept, and is cancelled when its
 * client leaves. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "serve/create.h"
#include "serve/kind.h"
#include "serve/list_create.h"
#include "serve/service.h"
#include "serve/simple.h"
#include "serve/simple_results.h"

enum { WAITS_MAX = 128, RETRY_S = 1, LIMITED = 429, BAD_GATEWAY = 502 };

static void end_wait(struct service *s, struct service_wait *wait)
{
	TAILQ_REMOVE(&s->waits, wait, next);
	call_release(wait->call);
	free(wait);
}

static void cancelled(void *ctx, const struct error *err)
{
	(void)ctx, (void)err;
}

static void left(struct call *c)
{
	struct batch_record *b = store_batch(c->service->store, c->id);

	if (b && b->run && !batch_record_ended(b) && !b->at_us[FACT_CANCELLING])
		runner_cancel(c->service->runner, b, cancelled, NULL);
}

static void made(struct call *c, const struct batch_record *b)
{
	struct service *s = c->service;
	struct service_wait *wait = xcalloc(1, sizeof(*wait));

	wait->call = c;
	memcpy(wait->id, b->id, sizeof(wait->id));
	TAILQ_INSERT_TAIL(&s->waits, wait, next);
	call_hold(c);
	c->left = left;
	if (!c->x)
		left(c);
}

/* A small file that was just written. */
static void answer(struct call *c, const struct batch_record *b)
{
	struct simple_results r = {.total = 1};
	struct json_span text, error, all;
	struct buf body;
	char words[400];

	store_batch_path(c->service->store, b->id, "answers.jsonl", r.path);
	simple_results_work(&r.job);
	buf_init(&body, SIZE_MAX / 2);
	buf_addf(&body, "{%s}", buf_str(&r.members));
	all = (struct json_span){buf_str(&body), body.len};
	text = json_find(all, "results.0");
	error = json_find(all, "errors.0.error");
	if (json_span_is(text, JSON_VALUE_STRING)) {
		struct buf out;

		buf_init(&out, SIZE_MAX / 2);
		buf_adds(&out, "{\"result\":");
		buf_add(&out, text.at, text.len);
		buf_adds(&out, "}");
		call_answer(c, 200, &out);
		buf_free(&out);
	} else {
		json_string_text(error, words, sizeof(words));
		call_refuse(c, BAD_GATEWAY, "upstream_error", NULL, "%s",
			*words ? words : "The request was not answered.");
	}
	buf_free(&body);
	buf_free(&r.members);
}

void simple_changed(struct service *s, const struct batch_record *b)
{
	struct service_wait *wait;

	if (!batch_record_ended(b))
		return;
	TAILQ_FOREACH (wait, &s->waits, next)
		if (!strcmp(wait->id, b->id))
			break;
	if (!wait)
		return;
	answer(wait->call, b);
	end_wait(s, wait);
}

void simple_close(struct service *s)
{
	struct service_wait *wait;

	while ((wait = TAILQ_FIRST(&s->waits)))
		end_wait(s, wait);
}

/* Prompts without an answer: those that are being made batches of wait, too. */
static bool is_full(const struct service *s)
{
	const struct service_wait *wait;
	const struct create *made;
	int n = 0;

	TAILQ_FOREACH (wait, &s->waits, next)
		n++;
	LIST_FOREACH (made, &s->creates, next)
		n += made->once;
	return n >= WAITS_MAX;
}

void simple_complete(struct call *c)
{
	static const struct list_api api = {.prefix = "call_",
		.list = "prompts",
		.kind = &batch_kind_simple,
		.takes_model = true,
		.once = true,
		.made = made};
	struct json_want want[] = {{.name = "prompt"}, {.name = "model"}};
	struct buf list;
	size_t len;
	const char *body = http_body(c->x, &len);

	if (json_pick(body, len, want, 2, NULL) != JSON_VALUE_OBJECT ||
		!json_span_is(want[0].value, JSON_VALUE_STRING)) {
		call_refuse(c, 400, "missing_required_parameter", "prompt",
			"The body must be a JSON object with a text 'prompt'.");
		return;
	}
	if (is_full(c->service)) {
		call_refuse_for(c, LIMITED, "rate_limit_exceeded", RETRY_S,
			"%d prompts are waiting for their answers, which is the limit.", WAITS_MAX);
		return;
	}
	buf_init(&list, SIZE_MAX / 2);
	buf_adds(&list, "{\"model\":");
	if (want[1].value.at)
		buf_add(&list, want[1].value.at, want[1].value.len);
	else
		buf_adds(&list, "null");
	buf_adds(&list, ",\"prompts\":[");
	buf_add(&list, want[0].value.at, want[0].value.len);
	buf_adds(&list, "]}");
	list_create_of(c, &api, buf_str(&list), list.len);
	buf_free(&list);
}
