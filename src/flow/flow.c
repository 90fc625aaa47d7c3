#include "config.h"

#include "flow/flow.h"

#include <stdlib.h>
#include <string.h>

#include "api/expect.h"
#include "base/alloc.h"

enum { MAX_TEXT = 256 << 20 };

/* A copy of any bytes with a NUL appended. */
static char *copy_of(const char *data, size_t len)
{
	char *copy = xmalloc(len + 1);

	if (len)
		memcpy(copy, data, len);
	copy[len] = '\0';
	return copy;
}

void flow_begin(struct flow *f, const struct pipeline *p, const char *row, size_t len)
{
	*f = (struct flow){.p = p, .row = copy_of(row, len), .last = -1, .decided = -1};
	f->row_json = json_whole(f->row, len);
}

void flow_free(struct flow *f)
{
	free(f->row);
	for (int i = 0; i < PIPELINE_MAX_STAGES; i++)
		free(f->output[i].body);
	*f = (struct flow){.last = -1, .decided = -1};
}

static bool is_settled(const struct flow *f, int stage)
{
	return f->stage[stage] == FLOW_DONE || f->stage[stage] == FLOW_SKIPPED;
}

static bool is_free(const struct flow *f, int stage)
{
	for (int i = 0; i < stage; i++)
		if (f->p->stage[stage].after & UINT32_C(1) << i && !is_settled(f, i))
			return false;
	return true;
}

/* In conditions the empty output of a skipped stage counts as absent. */
static enum json_type lookup(void *ctx, const char *path, struct buf *text)
{
	enum json_type type;

	return flow_find(ctx, path, &type, text) == FLOW_FOUND ? type : JSON_NONE;
}

/* Each stage stands behind the stages it needs, so one pass suffices. */
static void settle(struct flow *f)
{
	for (int i = 0; i < f->p->n; i++) {
		const struct stage *s = &f->p->stage[i];
		uint32_t bit = UINT32_C(1) << i;

		if (f->stage[i] == FLOW_BLOCKED && is_free(f, i))
			f->stage[i] = expr_holds(&s->when, lookup, f) ? FLOW_READY : FLOW_SKIPPED;
		if (f->stage[i] != FLOW_DONE || f->judged & bit)
			continue;
		f->judged |= bit;
		if (!s->finish_when.node || !expr_holds(&s->finish_when, lookup, f))
			continue;
		f->ending = true;
		if (f->decided < 0)
			f->decided = i;
	}
}

uint32_t flow_advance(struct flow *f)
{
	uint32_t ready = 0;

	settle(f);
	for (int i = 0; i < f->p->n; i++) {
		enum flow_stage *state = &f->stage[i];

		if (f->ending &&
			(*state == FLOW_BLOCKED || *state == FLOW_READY || *state == FLOW_WAITING))
			*state = FLOW_NOT_NEEDED;
		if (*state == FLOW_READY)
			ready |= UINT32_C(1) << i;
	}
	return ready;
}

enum flow_end flow_ended(const struct flow *f)
{
	bool failed = false;

	for (int i = 0; i < f->p->n; i++) {
		if (f->stage[i] == FLOW_FAILED)
			failed = true;
		else if (!is_settled(f, i) && f->stage[i] != FLOW_NOT_NEEDED)
			return FLOW_OPEN;
	}
	return failed ? FLOW_ENDED_FAILED : FLOW_ENDED_OK;
}

int flow_answer(const struct flow *f)
{
	return f->decided >= 0 ? f->decided : f->last;
}

void flow_sent(struct flow *f, int stage)
{
	f->stage[stage] = FLOW_SENT;
}

void flow_waits(struct flow *f, int stage)
{
	f->stage[stage] = FLOW_WAITING;
}

void flow_again(struct flow *f, int stage)
{
	f->stage[stage] = FLOW_READY;
}

void flow_failed(struct flow *f, int stage)
{
	f->stage[stage] = FLOW_FAILED;
	f->ending = true;
}

void flow_drop(struct flow *f, int stage)
{
	f->stage[stage] = FLOW_NOT_NEEDED;
}

void flow_done(
	struct flow *f, int stage, int status, const char *body, size_t len, struct json_span json)
{
	struct flow_output *out = &f->output[stage];

	free(out->body);
	*out = (struct flow_output){.body = copy_of(body, len), .len = len, .status = status};
	if (json.at)
		out->json = (struct json_span){out->body + (json.at - body), json.len};
	f->stage[stage] = FLOW_DONE;
	f->last = stage;
}

/* Finds the value at path within another, which may be absent. */
static enum flow_found find_value(
	struct json_span json, const char *path, enum json_type *type, struct buf *text)
{
	struct json_span v = json_find(json, path);

	if (!v.at)
		return FLOW_ABSENT;
	*type = json_span_type(v);
	if (*type == JSON_VALUE_STRING ? json_string_decode(v, text) : buf_add(text, v.at, v.len))
		return FLOW_FOUND;
	return FLOW_ABSENT;
}

/* An answer that is not JSON is one text. */
static enum flow_found find_in_body(
	const struct flow_output *out, const char *path, enum json_type *type, struct buf *text)
{
	enum flow_found found = find_value(out->json, path, type, text);

	if (found == FLOW_FOUND || *path || out->json.at || !buf_add(text, out->body, out->len))
		return found;
	*type = JSON_VALUE_STRING;
	return FLOW_FOUND;
}

static enum flow_found find_in_text(const struct flow_output *out, const struct place *place,
	enum json_type *type, struct buf *text)
{
	struct buf answer;
	enum flow_found found = FLOW_ABSENT;

	buf_init(&answer, MAX_TEXT);
	if (answer_body_text(out->json, &answer)) {
		const char *at = buf_str(&answer);
		size_t len = answer.len;

		if (place->kind == PLACE_JSON) {
			answer_strip_fence(&at, &len);
			found = find_value(json_whole(at, len), place->path, type, text);
		} else if (buf_add(text, at, len)) {
			*type = JSON_VALUE_STRING;
			found = FLOW_FOUND;
		}
	}
	buf_free(&answer);
	return found;
}

enum flow_found flow_find(
	const struct flow *f, const char *path, enum json_type *type, struct buf *text)
{
	const struct flow_output *out;
	struct place place;

	*type = JSON_NONE;
	if (!pipeline_place(f->p, path, &place, NULL))
		return FLOW_ABSENT;
	if (place.stage < 0)
		return find_value(f->row_json, place.path, type, text);
	if (f->stage[place.stage] == FLOW_SKIPPED)
		return FLOW_EMPTY;
	if (f->stage[place.stage] != FLOW_DONE)
		return FLOW_ABSENT;
	out = &f->output[place.stage];
	switch (place.kind) {
	case PLACE_BODY:
		return find_in_body(out, place.path, type, text);
	case PLACE_STATUS:
		*type = JSON_VALUE_NUMBER;
		return buf_addf(text, "%d", out->status) ? FLOW_FOUND : FLOW_ABSENT;
	default:
		return find_in_text(out, &place, type, text);
	}
}
