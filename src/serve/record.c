#include "serve/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json_writer.h"
#include "serve/kind.h"

static const char *const fact_names[BATCH_FACTS] = {
	[FACT_IN_PROGRESS] = "in_progress_at",
	[FACT_FINALIZING] = "finalizing_at",
	[FACT_COMPLETED] = "completed_at",
	[FACT_FAILED] = "failed_at",
	[FACT_EXPIRED] = "expired_at",
	[FACT_CANCELLING] = "cancelling_at",
	[FACT_CANCELLED] = "cancelled_at",
};

/* The fact that comes first in this table decides. */
static const struct {
	enum batch_fact fact;
	enum batch_state state;
} states[] = {
	{FACT_COMPLETED, BATCH_COMPLETED},
	{FACT_FAILED, BATCH_FAILED},
	{FACT_EXPIRED, BATCH_EXPIRED},
	{FACT_CANCELLED, BATCH_CANCELLED},
	{FACT_CANCELLING, BATCH_CANCELLING},
	{FACT_FINALIZING, BATCH_FINALIZING},
	{FACT_IN_PROGRESS, BATCH_IN_PROGRESS},
};

#define MILLI 1000.0
/* A raised batch has so many starts for one of another: the others do not starve. */
#define RAISED 16

enum { STATES = sizeof(states) / sizeof(states[0]), ENDS = 4 };

const char *batch_fact_name(enum batch_fact f)
{
	return fact_names[f];
}

const char *batch_state_name(enum batch_state s)
{
	static const char *const names[BATCH_STATES] = {
		[BATCH_VALIDATING] = "validating",
		[BATCH_IN_PROGRESS] = "in_progress",
		[BATCH_FINALIZING] = "finalizing",
		[BATCH_COMPLETED] = "completed",
		[BATCH_FAILED] = "failed",
		[BATCH_EXPIRED] = "expired",
		[BATCH_CANCELLING] = "cancelling",
		[BATCH_CANCELLED] = "cancelled",
	};

	return names[s];
}

enum batch_state batch_record_state(const struct batch_record *b)
{
	for (int i = 0; i < STATES; i++)
		if (b->at_us[states[i].fact])
			return states[i].state;
	return BATCH_VALIDATING;
}

bool batch_record_ended(const struct batch_record *b)
{
	for (int i = 0; i < ENDS; i++)
		if (b->at_us[states[i].fact])
			return true;
	return false;
}

double batch_record_weight(const struct batch_record *b)
{
	double weight = b->weight_milli ? (double)b->weight_milli / MILLI : 1;

	return b->raised ? RAISED * weight : weight;
}

/* ---- writing ---- */

static void put_text(struct json_writer *w, const char *name, const char *text)
{
	if (*text)
		json_member_text(w, name, text);
}

static void put_number(struct json_writer *w, const char *name, uint64_t n)
{
	if (n)
		json_member_uint(w, name, n);
}

static void put_raw(struct json_writer *w, const char *name, const char *json)
{
	if (!json)
		return;
	json_key(w, name);
	json_put_raw(w, json, strlen(json));
}

void file_record_write(const struct file_record *f, struct buf *out)
{
	struct json_writer w = json_writer_to(out);

	json_open_object(&w);
	json_member_text(&w, "id", f->id);
	put_text(&w, "owner", f->owner);
	json_member_text(&w, "purpose", f->purpose);
	json_member_text(&w, "filename", f->filename);
	json_member_uint(&w, "bytes", f->bytes);
	json_member_int(&w, "created_us", f->created_us);
	put_number(&w, "expires_us", (uint64_t)f->expires_us);
	json_close_object(&w);
}

static void put_counts(struct json_writer *w, const struct batch_record *b)
{
	put_number(w, "total", b->counts.total);
	put_number(w, "ok", b->counts.ok);
	put_number(w, "failed", b->counts.failed);
	put_number(w, "unfinished", b->counts.unfinished);
	put_number(w, "tokens_in", b->usage.in);
	put_number(w, "tokens_cached", b->usage.cached);
	put_number(w, "tokens_out", b->usage.out);
	put_number(w, "nano_usd", (uint64_t)b->nano_usd);
}

void batch_record_write(const struct batch_record *b, struct buf *out)
{
	struct json_writer w = json_writer_to(out);

	json_open_object(&w);
	json_member_text(&w, "id", b->id);
	json_member_text(&w, "kind", b->kind->name);
	put_text(&w, "owner", b->owner);
	put_text(&w, "endpoint", b->endpoint);
	put_text(&w, "input_file", b->input_file);
	put_text(&w, "window", b->window);
	put_raw(&w, "metadata", b->metadata);
	put_raw(&w, "errors", b->errors);
	put_number(&w, "repeat_key", b->repeat_key);
	put_number(&w, "repeat_body", b->repeat_body);
	json_member_int(&w, "created_us", b->created_us);
	json_member_int(&w, "expires_us", b->expires_us);
	put_number(&w, "output_lasts_us", (uint64_t)b->output_lasts_us);
	for (int i = 0; i < BATCH_FACTS; i++)
		put_number(&w, fact_names[i], (uint64_t)b->at_us[i]);
	put_text(&w, "output_file", b->output_file);
	put_text(&w, "error_file", b->error_file);
	if (b->has_output)
		json_member_bool(&w, "has_output", true);
	if (b->has_errors)
		json_member_bool(&w, "has_errors", true);
	if (b->paused)
		json_member_bool(&w, "paused", true);
	if (b->raised)
		json_member_bool(&w, "raised", true);
	put_number(&w, "weight_milli", (uint64_t)b->weight_milli);
	put_counts(&w, b);
	json_close_object(&w);
}

/* ---- reading ---- */

/* A member of a record: where its value goes. */
struct member {
	const char *name;
	enum { TAKES_TEXT, TAKES_COPY, TAKES_RAW, TAKES_NUMBER, TAKES_FLAG } takes;
	void *to;
	size_t size; /* of a text */
};

static char *copy_text(struct json_span v)
{
	struct buf text;
	char *copy;

	buf_init(&text, v.len + 1);
	json_string_decode(v, &text);
	copy = xstrndup(buf_str(&text), text.len);
	buf_free(&text);
	return copy;
}

static bool take_text(struct json_span v, char *to, size_t size)
{
	if (v.len < 2 || v.len - 2 >= size)
		return false;
	memcpy(to, v.at + 1, v.len - 2);
	to[v.len - 2] = '\0';
	return true;
}

static bool take(const struct member *m, struct json_span v)
{
	bool text = json_span_is(v, JSON_VALUE_STRING);
	int64_t n;

	if (!v.at)
		return true;
	switch (m->takes) {
	case TAKES_TEXT:
		return text && take_text(v, m->to, m->size);
	case TAKES_COPY:
		if (text)
			*(char **)m->to = copy_text(v);
		return text;
	case TAKES_RAW:
		*(char **)m->to = xstrndup(v.at, v.len);
		return true;
	case TAKES_NUMBER:
		if (!json_span_int(v, &n) || n < 0)
			return false;
		memcpy(m->to, &n, sizeof(n));
		return true;
	case TAKES_FLAG:
		*(bool *)m->to = json_span_is(v, JSON_VALUE_TRUE);
		return true;
	}
	return false;
}

enum { MEMBERS_MAX = 40 };

static bool read_members(const char *text, size_t len, const struct member *m, size_t n)
{
	struct json_want want[MEMBERS_MAX];
	bool ok;

	for (size_t i = 0; i < n; i++)
		want[i] = (struct json_want){.name = m[i].name};
	ok = json_pick(text, len, want, n, NULL) == JSON_VALUE_OBJECT;
	for (size_t i = 0; ok && i < n; i++)
		ok = take(&m[i], want[i].value);
	return ok;
}

#define TEXT(name, to)                                                                             \
	{                                                                                          \
		name, TAKES_TEXT, to, sizeof(to)                                                   \
	}
#define NUMBER(name, to)                                                                           \
	{                                                                                          \
		name, TAKES_NUMBER, &(to), 0                                                       \
	}

struct file_record *file_record_read(const char *name, const char *text, size_t len)
{
	struct file_record *f = xcalloc(1, sizeof(*f));
	const struct member members[] = {TEXT("id", f->id), TEXT("owner", f->owner),
		TEXT("purpose", f->purpose), {"filename", TAKES_COPY, &f->filename, 0},
		NUMBER("bytes", f->bytes), NUMBER("created_us", f->created_us),
		NUMBER("expires_us", f->expires_us)};

	if (read_members(text, len, members, sizeof(members) / sizeof(members[0])) && f->filename &&
		!strcmp(f->id, name))
		return f;
	file_record_free(f);
	return NULL;
}

struct batch_record *batch_record_read(const char *name, const char *text, size_t len)
{
	struct batch_record *b = xcalloc(1, sizeof(*b));
	char kind[16] = "";
	struct member members[MEMBERS_MAX] = {TEXT("id", b->id), TEXT("kind", kind),
		TEXT("owner", b->owner), TEXT("endpoint", b->endpoint),
		TEXT("input_file", b->input_file), TEXT("window", b->window),
		{"metadata", TAKES_RAW, &b->metadata, 0}, {"errors", TAKES_RAW, &b->errors, 0},
		NUMBER("repeat_key", b->repeat_key), NUMBER("repeat_body", b->repeat_body),
		NUMBER("created_us", b->created_us), NUMBER("expires_us", b->expires_us),
		NUMBER("output_lasts_us", b->output_lasts_us), TEXT("output_file", b->output_file),
		TEXT("error_file", b->error_file), {"has_output", TAKES_FLAG, &b->has_output, 0},
		{"has_errors", TAKES_FLAG, &b->has_errors, 0},
		{"paused", TAKES_FLAG, &b->paused, 0}, {"raised", TAKES_FLAG, &b->raised, 0},
		NUMBER("weight_milli", b->weight_milli), NUMBER("total", b->counts.total),
		NUMBER("ok", b->counts.ok), NUMBER("failed", b->counts.failed),
		NUMBER("unfinished", b->counts.unfinished), NUMBER("tokens_in", b->usage.in),
		NUMBER("tokens_cached", b->usage.cached), NUMBER("tokens_out", b->usage.out),
		NUMBER("nano_usd", b->nano_usd)};
	size_t n = 0;

	while (members[n].name)
		n++;
	for (int i = 0; i < BATCH_FACTS; i++)
		members[n++] = (struct member)NUMBER(fact_names[i], b->at_us[i]);
	if (read_members(text, len, members, n) && !strcmp(b->id, name))
		b->kind = batch_kind_named(kind);
	if (b->kind)
		return b;
	batch_record_free(b);
	return NULL;
}

void file_record_free(struct file_record *f)
{
	if (!f)
		return;
	free(f->filename);
	free(f);
}

void batch_record_free(struct batch_record *b)
{
	if (!b)
		return;
	free(b->metadata);
	free(b->errors);
	free(b);
}
