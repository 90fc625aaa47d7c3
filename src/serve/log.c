#include "serve/log.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/lines.h"
#include "base/text.h"

enum { PATH_SIZE = 300, LINE_MAX_BYTES = 4 << 10, TIME_SIZE = 32 };

static void add_line(struct buf *line)
{
	lines_add(lines_shared(), "%s", buf_str(line));
	buf_free(line);
}

void log_call(enum log_format format, const struct call *c, const char *method, const char *path)
{
	char shown[PATH_SIZE], how[16], when[TIME_SIZE];
	int64_t us = clock_mono_us() - c->start_us;
	struct buf line;
	struct json_writer w = json_writer_to(&line);

	buf_init(&line, LINE_MAX_BYTES);
	text_sanitise(shown, sizeof(shown), path, strlen(path));
	text_sanitise(how, sizeof(how), method, strlen(method));
	clock_rfc3339(clock_wall_us(), when, sizeof(when));
	if (format == LOG_TEXT) {
		buf_addf(&line, "%s %s %s %d %" PRId64 ".%" PRId64 "ms %" PRIu64 " B %s%s%s", when,
			how, shown, c->status, us / 1000, us / 100 % 10, c->bytes, c->request_id,
			*c->owner ? " " : "", c->owner);
		add_line(&line);
		return;
	}
	json_open_object(&w);
	json_member_text(&w, "time", when);
	json_member_text(&w, "event", "request");
	json_member_text(&w, "method", how);
	json_member_text(&w, "path", shown);
	json_member_int(&w, "status", c->status);
	json_member_ms(&w, "ms", us);
	json_member_uint(&w, "bytes", c->bytes);
	json_member_text(&w, "request_id", c->request_id);
	if (*c->owner)
		json_member_text(&w, "owner", c->owner);
	json_close_object(&w);
	add_line(&line);
}

void log_batch(enum log_format format, const struct batch_record *b)
{
	const char *state = batch_state_name(batch_record_state(b));
	char when[TIME_SIZE];
	struct buf line;
	struct json_writer w = json_writer_to(&line);

	buf_init(&line, LINE_MAX_BYTES);
	clock_rfc3339(clock_wall_us(), when, sizeof(when));
	if (format == LOG_TEXT) {
		buf_addf(&line, "%s %s %s: %" PRIu64 " lines, %" PRIu64 " ok, %" PRIu64 " failed",
			when, b->id, state, b->counts.total, b->counts.ok, b->counts.failed);
		add_line(&line);
		return;
	}
	json_open_object(&w);
	json_member_text(&w, "time", when);
	json_member_text(&w, "event", "batch");
	json_member_text(&w, "id", b->id);
	json_member_text(&w, "status", state);
	json_member_uint(&w, "total", b->counts.total);
	json_member_uint(&w, "ok", b->counts.ok);
	json_member_uint(&w, "failed", b->counts.failed);
	json_close_object(&w);
	add_line(&line);
}

void log_run(
	enum log_format format, const struct batch_record *b, const char *state, const char *note)
{
	char when[TIME_SIZE];
	struct buf line;
	struct json_writer w = json_writer_to(&line);

	buf_init(&line, LINE_MAX_BYTES);
	clock_rfc3339(clock_wall_us(), when, sizeof(when));
	if (format == LOG_TEXT) {
		buf_addf(&line, "%s %s run %s%s%s", when, b->id, state, *note ? ": " : "", note);
		add_line(&line);
		return;
	}
	json_open_object(&w);
	json_member_text(&w, "time", when);
	json_member_text(&w, "event", "run");
	json_member_text(&w, "id", b->id);
	json_member_text(&w, "state", state);
	json_member_text(&w, "note", note);
	json_close_object(&w);
	add_line(&line);
}
