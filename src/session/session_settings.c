/* The settings that change the requests: written into the journal's start record, and compared when
 * a later session resumes. */
#include "session/session_settings.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "api/provider.h"
#include "base/hash.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "config.h"
#include "plan/answer_headers.h"

/* Half a hash distinguishes two texts and reveals no secret in them. */
static void add_mark(struct json_writer *w, const char *name, uint64_t hash)
{
	json_key(w, name);
	json_open_string(w);
	json_part_hex(w, hash, 8);
	json_close_string(w);
}

static uint64_t hash_headers(char *const *headers, uint64_t hash)
{
	for (; headers && *headers; headers++)
		hash = hash * 31 + hash_bytes(*headers, strlen(*headers));
	return hash;
}

/* The path of the input from wherever a later command runs. */
static void add_path(struct json_writer *w, const char *input)
{
	char folder[PATH_MAX];
	struct buf path;

	if (!strcmp(input, "-") || (*input != '/' && !getcwd(folder, sizeof(folder))))
		return;
	buf_init(&path, 2 * PATH_MAX);
	if (*input != '/')
		buf_addf(&path, "%s/", strcmp(folder, "/") ? folder : "");
	buf_adds(&path, input);
	json_member_string(w, "path", path.data, path.len);
	buf_free(&path);
}

/* Keys of the run may stand anywhere in it. A long one is cut. */
static void add_command(struct json_writer *w, char *const *words, const struct secrets *secrets)
{
	enum { MOST = 8 << 10 };
	size_t len = 0;
	struct buf scrubbed;

	if (!words)
		return;
	buf_init(&scrubbed, SIZE_MAX / 2);
	json_member_array(w, "command");
	for (; *words; words++) {
		len += strlen(*words);
		if (len > MOST) {
			json_put_text(w, "…");
			break;
		}
		if (secrets_scrub(secrets, *words, strlen(*words), &scrubbed))
			json_put_string(w, scrubbed.data, scrubbed.len);
		else
			json_put_text(w, *words);
	}
	json_close_array(w);
	buf_free(&scrubbed);
}

/* Those that change what is sent: sent_settings_read() reads them. */
static void add_sent(struct json_writer *w, const struct session_endpoint *e,
	const struct run_settings *settings, const struct rows *rows,
	const struct session_pipeline *pipeline)
{
	const char *provider = settings->target.provider;

	/* before the first line of a pipe, it is not known unless it is given */
	if (e->endpoint.provider)
		json_member_text(w, "provider", e->endpoint.provider->name);
	else if (provider && strcmp(provider, "auto") != 0)
		json_member_text(w, "provider", provider);
	add_mark(w, "answer_headers",
		answer_headers_hash(settings->request.headers, false) +
			answer_headers_hash(settings->request.headers_for, true));
	add_mark(w, "template", rows ? rows_template_hash(rows) : 0);
	add_mark(w, "pipeline", pipeline ? session_pipeline_hash(pipeline) : 0);
}

void session_settings_sent(const struct session_endpoint *e, const struct run_settings *settings,
	const struct rows *rows, const struct session_pipeline *pipeline, struct sent_settings *out)
{
	struct buf text;
	struct json_writer w;

	buf_init(&text, 4096);
	w = json_writer_to(&text);
	json_open_object(&w);
	add_sent(&w, e, settings, rows, pipeline);
	json_close_object(&w);
	sent_settings_read(buf_str(&text), text.len, out);
	buf_free(&text);
}

static void add_text_mark(struct json_writer *w, const char *name, const struct buf *text)
{
	add_mark(w, name, hash_bytes(text->data, text->len));
}

/* What is said when it changes, though it changes no request. */
static void add_others(struct json_writer *w, const struct run_settings *settings)
{
	const struct lane_config *lane = &settings->limits.lane;
	const struct retry_settings *retry = &settings->retry;
	const struct request_settings *request = &settings->request;
	struct buf text;

	buf_init(&text, 1 << 16);
	buf_addf(&text, "%d %d %d %g %g %d %" PRId64, (int)lane->mode, lane->concurrency,
		lane->max_concurrency, lane->rpm, lane->tpm, lane->window_count, lane->window_us);
	add_text_mark(w, "pace", &text);
	buf_clear(&text);
	buf_addf(&text, "%" PRId64 " %d %d %" PRId64, retry->max_attempts, retry->on_doubt,
		retry->expect_nonempty, retry->expect_attempts);
	for (char *const *expect = retry->expects; expect && *expect; expect++)
		buf_addf(&text, " %s", *expect);
	buf_addf(&text, " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64,
		request->timeout_us, request->connect_timeout_us, request->first_byte_timeout_us,
		request->idle_timeout_us, request->max_response);
	add_text_mark(w, "retries", &text);
	buf_free(&text);
	json_member_bool(w, "stream", request->stream);
	json_member_int(w, "pack", settings->pack.items);
}

void session_settings_describe(const struct session_endpoint *e,
	const struct run_settings *settings, const struct endpoint_marks *marks,
	const struct rows *rows, const struct session_pipeline *pipeline,
	const struct secrets *secrets, struct buf *fields)
{
	const char *url = e->endpoint.base_url;
	struct json_writer w = json_writer_behind(fields);

	json_member_int(&w, "pid", getpid());
	json_member_text(&w, "version", PACKAGE_VERSION);
	json_member_text(&w, "input", settings->input.path);
	add_path(&w, settings->input.path);
	add_command(&w, settings->command, secrets);
	if (e->endpoint.api_version)
		json_member_text(&w, "api-version", e->endpoint.api_version);
	if (e->origin)
		json_member_text(&w, "origin", e->origin);
	if (url)
		add_mark(&w, "url", hash_bytes(url, strlen(url)));
	add_mark(&w, "endpoints", marks->addresses);
	if (marks->keys)
		add_mark(&w, "keys", marks->keys);
	add_mark(&w, "headers",
		hash_headers(
			settings->request.headers_for, hash_headers(settings->request.headers, 0)));
	add_sent(&w, e, settings, rows, pipeline);
	add_others(&w, settings);
	json_member_object(&w, "settings");
	json_member_int(&w, "format", settings->input.format);
	json_member_int(&w, "max_attempts", settings->retry.max_attempts);
	json_member_int(&w, "timeout_ms", settings->request.timeout_us / 1000);
	json_member_int(&w, "concurrency", settings->limits.lane.concurrency);
	json_close_object(&w);
}

static bool differs(struct json_span a, struct json_span b)
{
	return a.at && b.at && (a.len != b.len || memcmp(a.at, b.at, a.len) != 0);
}

/* "provider openai to raw" */
static void add_change(struct buf *out, const char *name, struct json_span a, struct json_span b)
{
	char from[80], to[80];

	text_sanitise(from, sizeof(from), a.at + 1, a.len - 2);
	text_sanitise(to, sizeof(to), b.at + 1, b.len - 2);
	buf_addf(out, "%s%s %s to %s", out->len ? ", " : "", name, from, to);
}

static struct json_span format_of(struct json_span settings)
{
	struct json_want format = {.name = "format"};

	if (json_span_is(settings, JSON_VALUE_OBJECT))
		json_pick(settings.at, settings.len, &format, 1, NULL);
	return format.value;
}

void session_settings_form(const char *form, struct buf *fields)
{
	struct json_writer w = json_writer_behind(fields);

	json_member_text(&w, "form", form);
}

void session_settings_mix(struct buf *fields)
{
	struct json_writer w = json_writer_behind(fields);

	json_member_bool(&w, "mixed", true);
}

bool session_settings_mixed(const char *before)
{
	struct json_want mixed = {.name = "mixed"};

	return json_pick(before, strlen(before), &mixed, 1, NULL) == JSON_VALUE_OBJECT &&
	       json_span_is(mixed.value, JSON_VALUE_TRUE);
}

/* Settings whose values are not shown. */
static const struct {
	const char *member, *words;
	bool requests; /* they may change the requests */
} shown[] = {
	{"endpoints", "the endpoints", true},
	{"headers", "extra headers (-H)", true},
	{"template", "--template", true},
	{"pipeline", "the requests of --pipeline", true},
	{"settings", "--format", true},
	{"keys", "the source of the key", false},
	{"stream", "--stream", false},
	{"pack", "--pack", false},
	{"pace", "the pace", false},
	{"retries", "retries and timeouts", false},
};

enum { PROVIDER, VERSION, ORIGIN, URL, FIRST_SHOWN };
enum { WANTED = FIRST_SHOWN + sizeof(shown) / sizeof(shown[0]) };

static void add_word(struct buf *out, const char *words)
{
	buf_addf(out, "%s%s", out->len ? ", " : "", words);
}

/* The addresses, with their values. */
static bool compare_target(
	const struct json_want *old, const struct json_want *new, struct buf *out)
{
	bool url = !differs(old[ORIGIN].value, new[ORIGIN].value) &&
		   differs(old[URL].value, new[URL].value);

	for (int i = PROVIDER; i <= ORIGIN; i++)
		if (differs(old[i].value, new[i].value))
			add_change(out, old[i].name, old[i].value, new[i].value);
	if (url)
		add_word(out, "the path of --url");
	return out->len;
}

bool session_settings_compare(const char *before, const char *now, struct buf *out)
{
	struct json_want old[WANTED] = {[PROVIDER] = {.name = "provider"},
		[VERSION] = {.name = "api-version"},
		[ORIGIN] = {.name = "origin"},
		[URL] = {.name = "url"}},
			 new[WANTED];
	bool requests;

	for (int i = FIRST_SHOWN; i < WANTED; i++)
		old[i].name = shown[i - FIRST_SHOWN].member;
	memcpy(new, old, sizeof(new));
	if (json_pick(before, strlen(before), old, WANTED, NULL) != JSON_VALUE_OBJECT ||
		json_pick(now, strlen(now), new, WANTED, NULL) != JSON_VALUE_OBJECT)
		return false;
	requests = compare_target(old, new, out);
	for (int i = FIRST_SHOWN; i < WANTED; i++) {
		struct json_span a = old[i].value, b = new[i].value;

		if (json_span_is(a, JSON_VALUE_OBJECT)) {
			a = format_of(a);
			b = format_of(b);
		}
		if (!differs(a, b))
			continue;
		add_word(out, shown[i - FIRST_SHOWN].words);
		requests = requests || shown[i - FIRST_SHOWN].requests;
	}
	return requests;
}
