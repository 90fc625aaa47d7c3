#include "inspector_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "pretty.h"
#include "phrases.h"

enum { BODY_MAX = 1 << 20 };

static void add_head(struct tinted *out, const char *head)
{
	if (!head)
		return;
	buf_adds(&out->text, head);
	if (out->text.len && out->text.data[out->text.len - 1] != '\n')
		buf_addc(&out->text, '\n');
	buf_addc(&out->text, '\n');
}

void inspector_body(struct tinted *out, const char *body, size_t len, const char *none)
{
	char all[16], shown[16];

	if (!body) {
		buf_addf(&out->text, "(%s)\n", none);
		return;
	}
	if (len > BODY_MAX) {
		buf_add(&out->text, body, BODY_MAX);
		buf_addf(&out->text, "\n\n(the first %s of %s; S saves all of it)\n",
			text_bytes(BODY_MAX, shown, sizeof(shown)),
			text_bytes((double)len, all, sizeof(all)));
		return;
	}
	if (!pretty_json(out, body, len))
		buf_add(&out->text, body, len);
	buf_addc(&out->text, '\n');
}

static void add_request(struct tinted *out, const struct item_detail *d)
{
	add_head(out, d->request_head);
	inspector_body(out, d->request_body, d->request_body_len, "no body");
	if (d->priority)
		buf_addf(&out->text, "\npriority: %d\n", d->priority);
	if (d->metadata)
		buf_addf(&out->text, "\nmetadata: %s\n", d->metadata);
}

const char *inspector_lack(const struct item_detail *d)
{
	bool ended = d->row.state == ITEM_OK || d->row.state == ITEM_FAILED ||
		     d->row.state == ITEM_CANCELLED;

	return ended ? "no answer is kept" : "no answer yet";
}

/* For a pipeline, the known state of each stage. */
static void add_stages(struct tinted *out, const struct item_detail *d)
{
	if (!d->stages)
		return;
	buf_adds(&out->text, "\nstages\n");
	inspector_body(out, d->stages, strlen(d->stages), "");
}

void inspector_error(struct tinted *out, const struct item_detail *d)
{
	if (!d->error)
		return;
	tinted_as(out, ROLE_TEXT);
	buf_addf(&out->text, "error: %s", d->error);
	tinted_as(out, d->row.state == ITEM_FAILED ? ROLE_BAD : ROLE_WARN);
	buf_adds(&out->text, "\n\n");
}

static void add_response(struct tinted *out, const struct item_detail *d)
{
	inspector_error(out, d);
	add_head(out, d->response_head);
	inspector_body(out, d->response_body, d->response_body_len, inspector_lack(d));
	add_stages(out, d);
}

static void add_time(struct tinted *out, const char *name, int64_t us)
{
	char text[16];

	if (us >= 0)
		buf_addf(&out->text, "  %s %s", name, text_latency(us, text, sizeof(text)));
}

/* One answer costs so little that cents say nothing. */
static void add_usage(struct tinted *out, const struct attempt_view *a)
{
	if (a->tokens_in < 0 && a->tokens_out < 0 && a->usd < 0 && !a->endpoint[0])
		return;
	buf_adds(&out->text, "   ");
	if (a->tokens_in >= 0)
		buf_addf(&out->text, "  tokens in %" PRId64, a->tokens_in);
	if (a->tokens_out >= 0)
		buf_addf(&out->text, "  out %" PRId64, a->tokens_out);
	if (a->usd >= 0)
		buf_addf(&out->text, "  $%.6f", a->usd);
	if (a->endpoint[0])
		buf_addf(&out->text, "  endpoint %s", a->endpoint);
	buf_addc(&out->text, '\n');
}

static void add_attempts(struct tinted *out, const struct item_detail *d)
{
	char time[PHRASE_SIZE];

	if (!d->attempts)
		buf_adds(&out->text, "(no attempt has ended yet)\n");
	for (int i = 0; i < d->attempts; i++) {
		const struct attempt_view *a = &d->attempt[i];

		buf_addf(&out->text, "attempt %d%s%s  ", a->number, a->queue[0] ? " of stage " : "",
			a->queue);
		/* that of an earlier session is not known */
		if (a->started_wall_us > 0)
			buf_addf(&out->text, "%s  ", phrase_time(a->started_wall_us, time));
		tinted_as(out, ROLE_TEXT);
		buf_adds(&out->text, outcome_name(a->outcome));
		tinted_as(out, a->outcome == OUTCOME_OK ? ROLE_GOOD : ROLE_WARN);
		if (a->status)
			buf_addf(&out->text, "  HTTP %d", a->status);
		buf_adds(&out->text, "\n   ");
		add_time(out, "took", a->latency_us);
		add_time(out, "connect", a->connect_us);
		add_time(out, "first byte", a->first_byte_us);
		add_time(out, "first token", a->first_token_us);
		if (a->tokens_per_s > 0)
			buf_addf(&out->text, "  %.3g tok/s", (double)a->tokens_per_s);
		add_time(out, "then waited", a->wait_us);
		buf_addc(&out->text, '\n');
		add_usage(out, a);
		if (a->request_id[0])
			buf_addf(&out->text, "    request id %s\n", a->request_id);
		if (a->message[0])
			buf_addf(&out->text, "    %s\n", a->message);
		buf_addc(&out->text, '\n');
	}
}

void inspector_text(struct tinted *out, const struct item_detail *d, enum inspector_tab tab)
{
	switch (tab) {
	case TAB_TEXT:
		inspector_said(out, d);
		break;
	case TAB_REQUEST:
		add_request(out, d);
		break;
	case TAB_RESPONSE:
		add_response(out, d);
		break;
	case TAB_ATTEMPTS:
		add_attempts(out, d);
		break;
	case TAB_COUNT:
		break;
	}
	tinted_as(out, ROLE_TEXT);
}

bool inspector_request(const struct item_detail *d, struct buf *out)
{
	struct tinted t;
	bool ok;

	tinted_init(&t, SIZE_MAX / 2);
	ok = d->request_body && pretty_json(&t, d->request_body, d->request_body_len) &&
	     buf_add(out, t.text.data, t.text.len) && buf_addc(out, '\n');
	tinted_free(&t);
	return ok;
}
