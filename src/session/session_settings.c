/* The settings that change the requests: written into the journal's start record, and compared when
 * a later session resumes. */
#include "session/session_settings.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "api/provider.h"
#include "base/hash.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "config.h"

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

void session_settings_describe(const struct session_endpoint *e,
	const struct run_settings *settings, uint64_t endpoints, const struct rows *rows,
	const struct session_pipeline *pipeline, const struct secrets *secrets, struct buf *fields)
{
	const char *url = e->endpoint.base_url;
	struct json_writer w = json_writer_behind(fields);

	json_member_int(&w, "pid", getpid());
	json_member_text(&w, "version", PACKAGE_VERSION);
	json_member_text(&w, "input", settings->input.path);
	add_path(&w, settings->input.path);
	add_command(&w, settings->command, secrets);
	if (e->endpoint.provider)
		json_member_text(&w, "provider", e->endpoint.provider->name);
	if (e->endpoint.api_version)
		json_member_text(&w, "api-version", e->endpoint.api_version);
	if (e->origin)
		json_member_text(&w, "origin", e->origin);
	if (url)
		add_mark(&w, "url", hash_bytes(url, strlen(url)));
	add_mark(&w, "endpoints", endpoints);
	add_mark(&w, "headers",
		hash_headers(
			settings->request.headers_for, hash_headers(settings->request.headers, 0)));
	add_mark(&w, "template", rows ? rows_template_hash(rows) : 0);
	add_mark(&w, "pipeline", pipeline ? session_pipeline_hash(pipeline) : 0);
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

void session_settings_compare(const char *before, const char *now, struct buf *out)
{
	enum {
		PROVIDER,
		VERSION,
		ORIGIN,
		URL,
		ENDPOINTS,
		HEADERS,
		TEMPLATE,
		PIPELINE,
		SETTINGS,
		WANTED
	};
	static const char *const names[WANTED] = {"provider", "api-version", "origin", "url",
		"endpoints", "headers", "template", "pipeline", "settings"};
	struct json_want old[WANTED], new[WANTED];

	for (int i = 0; i < WANTED; i++)
		old[i].name = new[i].name = names[i];
	if (json_pick(before, strlen(before), old, WANTED, NULL) != JSON_VALUE_OBJECT ||
		json_pick(now, strlen(now), new, WANTED, NULL) != JSON_VALUE_OBJECT)
		return;
	for (int i = PROVIDER; i <= ORIGIN; i++)
		if (differs(old[i].value, new[i].value))
			add_change(out, names[i], old[i].value, new[i].value);
	if (!differs(old[ORIGIN].value, new[ORIGIN].value) &&
		differs(old[URL].value, new[URL].value))
		buf_addf(out, "%sthe path of --url", out->len ? ", " : "");
	if (differs(old[ENDPOINTS].value, new[ENDPOINTS].value))
		buf_addf(out, "%sthe endpoints", out->len ? ", " : "");
	if (differs(old[HEADERS].value, new[HEADERS].value))
		buf_addf(out, "%sextra headers (-H)", out->len ? ", " : "");
	if (differs(old[TEMPLATE].value, new[TEMPLATE].value))
		buf_addf(out, "%s--template", out->len ? ", " : "");
	if (differs(old[PIPELINE].value, new[PIPELINE].value))
		buf_addf(out, "%sthe requests of --pipeline", out->len ? ", " : "");
	if (differs(format_of(old[SETTINGS].value), format_of(new[SETTINGS].value)))
		buf_addf(out, "%s--format", out->len ? ", " : "");
}
