/* What of the settings changes what is sent: written into the journal's start record, compared when
 * a later session resumes. */
#include "session/session_settings.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "api/provider.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "config.h"

static void add_text(struct buf *b, const char *name, const char *text)
{
	buf_addf(b, "%s\"%s\":", b->len ? "," : "", name);
	json_add_string(b, text, strlen(text));
}

/* Half a hash tells two texts apart and gives no secret in them away. */
static void add_mark(struct buf *b, const char *name, uint64_t hash)
{
	buf_addf(b, ",\"%s\":\"%08" PRIx32 "\"", name, (uint32_t)hash);
}

static uint64_t hash_headers(char *const *headers, uint64_t hash)
{
	for (; headers && *headers; headers++)
		hash = hash * 31 + hash_bytes(*headers, strlen(*headers));
	return hash;
}

void session_settings_describe(const struct session_endpoint *e,
	const struct run_settings *settings, uint64_t endpoints, const struct rows *rows,
	const struct session_pipeline *pipeline, struct buf *fields)
{
	const char *url = e->endpoint.base_url;

	buf_addf(fields, "\"pid\":%ld", (long)getpid());
	add_text(fields, "version", PACKAGE_VERSION);
	add_text(fields, "input", settings->input.path);
	if (e->endpoint.provider)
		add_text(fields, "provider", e->endpoint.provider->name);
	if (e->endpoint.api_version)
		add_text(fields, "api-version", e->endpoint.api_version);
	if (e->origin)
		add_text(fields, "origin", e->origin);
	if (url)
		add_mark(fields, "url", hash_bytes(url, strlen(url)));
	add_mark(fields, "endpoints", endpoints);
	add_mark(fields, "headers",
		hash_headers(
			settings->request.headers_for, hash_headers(settings->request.headers, 0)));
	add_mark(fields, "template", rows ? rows_template_hash(rows) : 0);
	add_mark(fields, "pipeline", pipeline ? session_pipeline_hash(pipeline) : 0);
	buf_addf(fields,
		",\"settings\":{\"format\":%d,\"max_attempts\":%" PRId64 ",\"timeout_ms\":%" PRId64
		",\"concurrency\":%d}",
		settings->input.format, settings->retry.max_attempts,
		settings->request.timeout_us / 1000, settings->limits.lane.concurrency);
}

static bool differs(struct json_span a, struct json_span b)
{
	return a.at && b.at && (a.len != b.len || memcmp(a.at, b.at, a.len) != 0);
}

/* "provider openai > raw" */
static void add_change(struct buf *out, const char *name, struct json_span a, struct json_span b)
{
	char from[80], to[80];

	text_sanitise(from, sizeof(from), a.at + 1, a.len - 2);
	text_sanitise(to, sizeof(to), b.at + 1, b.len - 2);
	buf_addf(out, "%s%s %s > %s", out->len ? ", " : "", name, from, to);
}

static struct json_span format_of(struct json_span settings)
{
	struct json_want format = {.name = "format"};

	if (json_span_is(settings, JSON_VALUE_OBJECT))
		json_pick(settings.at, settings.len, &format, 1, NULL);
	return format.value;
}

void session_settings_mix(struct buf *fields)
{
	buf_adds(fields, ",\"mixed\":true");
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
