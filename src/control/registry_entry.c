#include "control/registry_entry.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "control/run_name.h"

void registry_entry_members(const struct registry_entry *e, struct json_writer *w)
{
	json_member_text_or_null(w, "name", e->name);
	json_member_int(w, "pid", e->pid);
	if (e->kind)
		json_member_text(w, "kind", e->kind);
	json_member_text_or_null(w, "socket", e->socket);
	json_member_text_or_null(w, "input", e->input);
	json_member_text_or_null(w, "results", e->results);
	json_member_text_or_null(w, "version", e->version);
	json_member_int(w, "api_version", e->api_version);
	json_member_int(w, "started", e->started);
	if (!e->state)
		return;
	json_member_text_or_null(w, "state", e->state);
	json_member_count(w, "done", e->done);
	json_member_count(w, "total", e->total);
	json_member_count(w, "exit_code", e->exit_code);
	json_member_count(w, "ended", e->ended);
}

void registry_entry_write(const struct registry_entry *e, struct json_writer *w)
{
	json_open_object(w);
	registry_entry_members(e, w);
	json_close_object(w);
}

enum {
	WANT_PID,
	WANT_NAME,
	WANT_KIND,
	WANT_SOCKET,
	WANT_INPUT,
	WANT_RESULTS,
	WANT_VERSION,
	WANT_API_VERSION,
	WANT_STARTED,
	WANT_STATE,
	WANT_DONE,
	WANT_TOTAL,
	WANT_EXIT_CODE,
	WANT_ENDED,
	WANTS
};

static const char *const names[WANTS] = {"pid", "name", "kind", "socket", "input", "results",
	"version", "api_version", "started", "state", "done", "total", "exit_code", "ended"};

/* A text, owned; absent and null are NULL. False when it is something else, or holds a NUL. */
static bool read_text(struct json_span v, char **out)
{
	struct buf text;
	bool good;

	*out = NULL;
	if (!v.at || json_span_is(v, JSON_VALUE_NULL))
		return true;
	buf_init(&text, REGISTRY_ENTRY_MAX);
	good = json_string_decode(v, &text) && !(text.len && memchr(text.data, 0, text.len));
	if (good)
		*out = xstrdup(buf_str(&text));
	buf_free(&text);
	return good;
}

/* A number of at least `least`; absent and null are -1. */
static bool read_number(struct json_span v, int64_t least, int64_t *out)
{
	*out = -1;
	if (!v.at || json_span_is(v, JSON_VALUE_NULL))
		return true;
	return json_span_int(v, out) && *out >= least;
}

/* A path, or "-" for a pipe. */
static bool is_place(const char *path)
{
	return !path || *path == '/' || !strcmp(path, "-");
}

static bool read_members(const struct json_want *want, struct registry_entry *e)
{
	return read_number(want[WANT_PID].value, 1, &e->pid) && e->pid > 0 && e->pid <= INT_MAX &&
	       read_text(want[WANT_NAME].value, &e->name) && e->name &&
	       run_name_check(e->name, NULL) && read_text(want[WANT_KIND].value, &e->kind) &&
	       read_text(want[WANT_SOCKET].value, &e->socket) && e->socket && *e->socket == '/' &&
	       read_text(want[WANT_INPUT].value, &e->input) && is_place(e->input) &&
	       read_text(want[WANT_RESULTS].value, &e->results) && is_place(e->results) &&
	       read_text(want[WANT_VERSION].value, &e->version) &&
	       read_number(want[WANT_API_VERSION].value, 1, &e->api_version) &&
	       e->api_version > 0 && read_number(want[WANT_STARTED].value, 0, &e->started) &&
	       e->started >= 0 && read_text(want[WANT_STATE].value, &e->state) &&
	       read_number(want[WANT_DONE].value, 0, &e->done) &&
	       read_number(want[WANT_TOTAL].value, 0, &e->total) &&
	       read_number(want[WANT_EXIT_CODE].value, 0, &e->exit_code) &&
	       read_number(want[WANT_ENDED].value, 0, &e->ended);
}

bool registry_entry_read(const char *text, size_t len, struct registry_entry *e, struct error *err)
{
	struct json_want want[WANTS] = {{0}};

	*e = (struct registry_entry){0};
	for (int i = 0; i < WANTS; i++)
		want[i].name = names[i];
	if (json_pick(text, len, want, WANTS, NULL) != JSON_VALUE_OBJECT)
		return error_set(err, "is not a JSON object");
	if (read_members(want, e))
		return true;
	registry_entry_free(e);
	return error_set(err, "does not describe a run");
}

void registry_entry_free(struct registry_entry *e)
{
	free(e->name);
	free(e->version);
	free(e->kind);
	free(e->socket);
	free(e->input);
	free(e->results);
	free(e->state);
	*e = (struct registry_entry){0};
}
