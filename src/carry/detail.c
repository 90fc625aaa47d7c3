#include "carry/detail.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "carry/tables.h"

enum { SAID_MAX = 4096, NOTE_SIZE = 80 };

/* ---- writing ---- */

static void member_bytes(struct json_writer *w, const char *name, const char *text, size_t len)
{
	size_t shown = len > CARRY_TEXT_MAX ? CARRY_TEXT_MAX : len;
	char note[NOTE_SIZE];
	struct buf whole;

	if (!text)
		return;
	if (shown == len) {
		json_member_string(w, name, text, len);
		return;
	}
	/* not in the middle of a character */
	while (shown && ((unsigned char)text[shown] & 0xc0) == 0x80)
		shown--;
	snprintf(note, sizeof(note), "\n[%zu bytes more: sluice export has them]", len - shown);
	buf_init(&whole, CARRY_TEXT_MAX + NOTE_SIZE);
	buf_add(&whole, text, shown);
	buf_adds(&whole, note);
	json_member_string(w, name, whole.data, whole.len);
	buf_free(&whole);
}

static void member_text(struct json_writer *w, const char *name, const char *text)
{
	member_bytes(w, name, text, text ? strlen(text) : 0);
}

static void put_said(struct json_writer *w, const struct said *s)
{
	json_open_object(w);
	json_member_text(w, "stage", s->stage);
	json_member_text(w, "role", s->role);
	json_member_bool(w, "answer", s->answer);
	member_bytes(w, "text", s->text, s->len);
	json_close_object(w);
}

void carry_detail_write(struct json_writer *w, const struct item_detail *d)
{
	json_open_object(w);
	json_key(w, "row");
	carry_write(w, carry_item_row_fields, &d->row, NULL, sizeof(d->row));
	json_member_int(w, "priority", d->priority);
	member_text(w, "request_head", d->request_head);
	member_bytes(w, "request_body", d->request_body, d->request_body_len);
	member_text(w, "response_head", d->response_head);
	member_bytes(w, "response_body", d->response_body, d->response_body_len);
	member_text(w, "stages", d->stages);
	member_text(w, "metadata", d->metadata);
	member_text(w, "error", d->error);
	if (d->said) {
		json_member_array(w, "said");
		for (size_t i = 0; i < d->n_said; i++)
			put_said(w, &d->said[i]);
		json_close_array(w);
	}
	json_member_text(w, "finish", d->finish);
	json_member_array(w, "attempts");
	for (int i = 0; i < d->attempts; i++)
		carry_write(w, carry_attempt_fields, &d->attempt[i], NULL, sizeof(d->attempt[i]));
	json_close_array(w);
	json_close_object(w);
}

/* ---- reading ---- */

/* NULL when the member is not there. */
static char *read_bytes(struct json_span v, size_t *len)
{
	struct buf text;
	char *copy;

	*len = 0;
	if (!json_span_is(v, JSON_VALUE_STRING))
		return NULL;
	buf_init(&text, SIZE_MAX / 2);
	json_string_decode(v, &text);
	*len = text.len;
	copy = xmalloc(text.len + 1);
	memcpy(copy, buf_str(&text), text.len + 1);
	buf_free(&text);
	return copy;
}

static char *read_text(struct json_span v)
{
	size_t len;

	return read_bytes(v, &len);
}

static bool on_said(void *ctx, struct json_span v)
{
	struct json_want want[] = {
		{.name = "stage"}, {.name = "role"}, {.name = "answer"}, {.name = "text"}};
	struct item_detail *d = ctx;
	struct said *s;

	if (d->n_said == SAID_MAX || json_pick(v.at, v.len, want, 4, NULL) != JSON_VALUE_OBJECT)
		return false;
	d->said = xrealloc(d->said, d->n_said + 1, sizeof(*d->said));
	s = &d->said[d->n_said++];
	memset(s, 0, sizeof(*s));
	json_string_text(want[0].value, s->stage, sizeof(s->stage));
	json_string_text(want[1].value, s->role, sizeof(s->role));
	s->answer = json_span_is(want[2].value, JSON_VALUE_TRUE);
	s->text = read_bytes(want[3].value, &s->len);
	if (!s->text)
		s->text = xstrdup("");
	return true;
}

static bool on_attempt(void *ctx, struct json_span v)
{
	struct item_detail *d = ctx;

	if (d->attempts == DETAIL_ATTEMPTS)
		return false;
	carry_read(v, carry_attempt_fields, &d->attempt[d->attempts++]);
	return true;
}

bool carry_detail_read(struct json_span v, struct item_detail *d)
{
	enum {
		ROW,
		PRIORITY,
		REQUEST_HEAD,
		REQUEST,
		RESPONSE_HEAD,
		RESPONSE,
		STAGES,
		METADATA,
		ERROR,
		SAID,
		FINISH,
		ATTEMPTS,
		MEMBERS
	};
	struct json_want want[MEMBERS] = {{.name = "row"}, {.name = "priority"},
		{.name = "request_head"}, {.name = "request_body"}, {.name = "response_head"},
		{.name = "response_body"}, {.name = "stages"}, {.name = "metadata"},
		{.name = "error"}, {.name = "said"}, {.name = "finish"}, {.name = "attempts"}};
	int64_t priority;

	memset(d, 0, sizeof(*d));
	if (!json_span_is(v, JSON_VALUE_OBJECT))
		return false;
	json_pick(v.at, v.len, want, MEMBERS, NULL);
	carry_read(want[ROW].value, carry_item_row_fields, &d->row);
	if (json_span_int(want[PRIORITY].value, &priority) && priority >= INT16_MIN &&
		priority <= INT16_MAX)
		d->priority = (int)priority;
	d->request_head = read_text(want[REQUEST_HEAD].value);
	d->request_body = read_bytes(want[REQUEST].value, &d->request_body_len);
	d->response_head = read_text(want[RESPONSE_HEAD].value);
	d->response_body = read_bytes(want[RESPONSE].value, &d->response_body_len);
	d->stages = read_text(want[STAGES].value);
	d->metadata = read_text(want[METADATA].value);
	d->error = read_text(want[ERROR].value);
	json_each_element(want[SAID].value, on_said, d);
	json_string_text(want[FINISH].value, d->finish, sizeof(d->finish));
	json_each_element(want[ATTEMPTS].value, on_attempt, d);
	return true;
}
