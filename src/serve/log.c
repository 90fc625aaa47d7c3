#include "serve/log.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/lines.h"
#include "base/text.h"

enum { PATH_SIZE = 300, LINE_MAX_BYTES = 4 << 10, TIME_SIZE = 32 };

/* A line that begins with the time: as JSON the members that all lines have. Its caller adds the
 * rest. */
struct log_line {
	enum log_format format;
	struct buf text;
	struct json_writer w;
};

static void begin(struct log_line *l, enum log_format format, const char *event)
{
	char when[TIME_SIZE];

	l->format = format;
	buf_init(&l->text, LINE_MAX_BYTES);
	l->w = json_writer_to(&l->text);
	clock_rfc3339(clock_wall_us(), when, sizeof(when));
	if (format == LOG_TEXT) {
		buf_adds(&l->text, when);
		buf_addc(&l->text, ' ');
		return;
	}
	json_open_object(&l->w);
	json_member_text(&l->w, "time", when);
	json_member_text(&l->w, "event", event);
}

static void end(struct log_line *l)
{
	if (l->format == LOG_JSON)
		json_close_object(&l->w);
	lines_add_text(lines_shared(), buf_str(&l->text), l->text.len);
	buf_free(&l->text);
}

/* A service has one for each call: without printf(). */
static void put_call(
	struct buf *out, const struct call *c, const char *how, const char *path, int64_t us)
{
	buf_adds(out, how);
	buf_addc(out, ' ');
	buf_adds(out, path);
	buf_addc(out, ' ');
	buf_addu(out, (unsigned)c->status);
	buf_addc(out, ' ');
	buf_addu(out, (uint64_t)us / US_PER_MS);
	buf_addc(out, '.');
	buf_addc(out, (char)('0' + us / 100 % 10));
	buf_adds(out, "ms ");
	buf_addu(out, c->bytes);
	buf_adds(out, " B ");
	buf_adds(out, c->request_id);
	if (*c->owner)
		buf_addc(out, ' ');
	buf_adds(out, c->owner);
}

void log_call(enum log_format format, const struct call *c, const char *method, const char *path)
{
	char shown[PATH_SIZE], how[16];
	int64_t us = clock_mono_us() - c->start_us;
	struct log_line l;

	text_sanitise(shown, sizeof(shown), path, strlen(path));
	text_sanitise(how, sizeof(how), method, strlen(method));
	begin(&l, format, "request");
	if (format == LOG_TEXT) {
		put_call(&l.text, c, how, shown, us);
	} else {
		json_member_text(&l.w, "method", how);
		json_member_text(&l.w, "path", shown);
		json_member_int(&l.w, "status", c->status);
		json_member_ms(&l.w, "ms", us);
		json_member_uint(&l.w, "bytes", c->bytes);
		json_member_text(&l.w, "request_id", c->request_id);
		if (*c->owner)
			json_member_text(&l.w, "owner", c->owner);
	}
	end(&l);
}

void log_batch(enum log_format format, const struct batch_record *b)
{
	const char *state = batch_state_name(batch_record_state(b));
	const struct batch_counts *n = &b->counts;
	struct log_line l;

	begin(&l, format, "batch");
	if (format == LOG_TEXT) {
		buf_addf(&l.text, "%s %s: %" PRIu64 " lines, %" PRIu64 " ok, %" PRIu64 " failed",
			b->id, state, n->total, n->ok, n->failed);
	} else {
		json_member_text(&l.w, "id", b->id);
		json_member_text(&l.w, "status", state);
		json_member_uint(&l.w, "total", n->total);
		json_member_uint(&l.w, "ok", n->ok);
		json_member_uint(&l.w, "failed", n->failed);
	}
	end(&l);
}

void log_run(
	enum log_format format, const struct batch_record *b, const char *state, const char *note)
{
	struct log_line l;

	begin(&l, format, "run");
	if (format == LOG_TEXT) {
		buf_addf(&l.text, "%s run %s%s%s", b->id, state, *note ? ": " : "", note);
	} else {
		json_member_text(&l.w, "id", b->id);
		json_member_text(&l.w, "state", state);
		json_member_text(&l.w, "note", note);
	}
	end(&l);
}

void log_endpoint(enum log_format format, const char *name, const char *text)
{
	struct log_line l;

	begin(&l, format, "endpoint");
	if (format == LOG_TEXT) {
		buf_addf(&l.text, "endpoint %s: %s", name, text);
	} else {
		json_member_text(&l.w, "name", name);
		json_member_text(&l.w, "note", text);
	}
	end(&l);
}
