#include "core/answer_scrub.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "plan/redact.h"

void scrub_note_request(struct attempt *a, const struct request *r)
{
	secrets_add_url(&a->secrets, r->url.data);
	if (r->headers.len)
		secrets_add_headers(&a->secrets, r->headers.data, r->headers.len);
}

/* Replaces the buffer by made, and sets the text to it. */
static void replace(struct buf *b, struct buf *made, const char **text, size_t *len)
{
	buf_free(b);
	*b = *made;
	*text = buf_str(b);
	*len = b->len;
}

/* Takes the secrets out of a text. True: there were some, and the new text is in b. */
static bool scrub(
	struct engine *e, const struct attempt *a, const char **text, size_t *len, struct buf *b)
{
	struct buf made;
	bool found = false;

	if (!*len)
		return false;
	buf_init(&made, SIZE_MAX / 2);
	if (e->ops.redact(e->ctx, *text, *len, &made)) {
		replace(b, &made, text, len);
		found = true;
		buf_init(&made, SIZE_MAX / 2);
	}
	if (secrets_scrub(&a->secrets, *text, *len, &made)) {
		replace(b, &made, text, len);
		found = true;
	}
	return found;
}

/* curl quotes a proxy's whole address when it cannot use it. */
static void scrub_error(
	struct engine *e, const struct attempt *a, struct answer *answer, struct buf *b)
{
	size_t len = answer->error ? strlen(answer->error) : 0;
	struct buf made;

	scrub(e, a, &answer->error, &len, b);
	buf_init(&made, SIZE_MAX / 2);
	if (len && redact_users(answer->error, len, &made))
		replace(b, &made, &answer->error, &len);
}

void scrub_answer(
	struct engine *e, const struct attempt *a, struct answer *answer, struct scrubbed *s)
{
	buf_init(&s->headers, SIZE_MAX / 2);
	buf_init(&s->body, SIZE_MAX / 2);
	buf_init(&s->error, SIZE_MAX / 2);
	buf_init(&s->stream_error, SIZE_MAX / 2);
	scrub(e, a, &answer->headers, &answer->headers_len, &s->headers);
	scrub(e, a, &answer->body, &answer->body_len, &s->body);
	scrub_error(e, a, answer, &s->error);
	if (!answer->stream)
		return;
	s->end = *answer->stream;
	scrub(e, a, &s->end.error, &s->end.error_len, &s->stream_error);
	answer->stream = &s->end;
}

void scrub_end(struct scrubbed *s)
{
	buf_free(&s->headers);
	buf_free(&s->body);
	buf_free(&s->error);
	buf_free(&s->stream_error);
}

static void scrub_field(struct engine *e, const struct attempt *a, char *field, size_t size)
{
	const char *text = field;
	size_t len = strlen(field);
	struct buf b;

	if (len < REDACT_MIN)
		return;
	buf_init(&b, SIZE_MAX / 2);
	if (scrub(e, a, &text, &len, &b))
		snprintf(field, size, "%s", text);
	buf_free(&b);
}

void scrub_verdict(struct engine *e, const struct attempt *a, struct verdict *v)
{
	scrub_field(e, a, v->message, sizeof(v->message));
	scrub_field(e, a, v->code, sizeof(v->code));
	scrub_field(e, a, v->request_id, sizeof(v->request_id));
}

void scrub_text(struct engine *e, const struct attempt *a, struct buf *text)
{
	const char *at = text->data;
	size_t len = text->len;

	scrub(e, a, &at, &len, text);
}
