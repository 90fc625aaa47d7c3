#include "mock/script.h"

#include <string.h>

#include "base/hash.h"
#include "base/parse.h"

enum {
	MIN_STATUS = 200,
	MAX_STATUS = 599,
	MAX_BODY = 1 << 30,
	MAX_FAILS = 1000000,
	MAX_KEYS = 1 << 20, /* keys beyond these are not counted and do not fail */
};

static bool set_status(struct script *s, const char *value)
{
	int64_t n;

	if (!parse_count(value, MIN_STATUS, MAX_STATUS, &n))
		return false;
	s->status = (int)n;
	return true;
}

static bool set_latency(struct script *s, const char *value)
{
	return parse_duration_us(value, &s->latency_us);
}

static bool set_bytes(struct script *s, const char *value)
{
	return parse_count(value, 0, MAX_BODY, &s->bytes);
}

static bool set_fail(struct script *s, const char *value)
{
	return parse_count(value, 0, MAX_FAILS, &s->fail);
}

static bool set_drop(struct script *s, const char *value)
{
	s->drop = strcmp(value, "0") != 0;
	return true;
}

static bool set_key(struct script *s, const char *value)
{
	s->key = value;
	return true;
}

static bool set_body(struct script *s, const char *value)
{
	s->body = value;
	return true;
}

/* These become header values. */
static bool is_printable(const char *value)
{
	for (; *value; value++)
		if (*value < ' ' || *value > '~')
			return false;
	return true;
}

static bool set_retry_after(struct script *s, const char *value)
{
	s->retry_after = value;
	return is_printable(value);
}

static bool set_retry_after_ms(struct script *s, const char *value)
{
	s->retry_after_ms = value;
	return is_printable(value);
}

void script_init(struct script *s)
{
	*s = (struct script){.bytes = -1};
}

void script_set(struct script *s, const char *name, const char *value)
{
	static const struct {
		const char *name;
		bool (*set)(struct script *s, const char *value);
	} parameters[] = {
		{"status", set_status},
		{"latency", set_latency},
		{"bytes", set_bytes},
		{"fail", set_fail},
		{"drop", set_drop},
		{"key", set_key},
		{"body", set_body},
		{"retry_after", set_retry_after},
		{"retry_after_ms", set_retry_after_ms},
	};

	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
		if (strcmp(name, parameters[i].name) != 0)
			continue;
		s->on = true;
		if (!parameters[i].set(s, value ? value : ""))
			s->wrong = parameters[i].name;
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void percent_decode(char *text)
{
	char *out = text;

	for (; *text; text++) {
		int high = *text == '%' ? hex_digit(text[1]) : -1;
		int low = high >= 0 ? hex_digit(text[2]) : -1;

		if (low >= 0) {
			*out++ = (char)(high << 4 | low);
			text += 2;
		} else {
			*out++ = *text;
		}
	}
	*out = '\0';
}

void script_read(struct script *s, struct json_span string, struct buf *text)
{
	char *at, *save, *value;

	buf_clear(text);
	if (!json_string_decode(string, text) || !text->len)
		return;
	for (at = strtok_r(text->data, "&", &save); at; at = strtok_r(NULL, "&", &save)) {
		value = strchr(at, '=');
		if (value) {
			*value++ = '\0';
			percent_decode(value);
		}
		script_set(s, at, value);
	}
}

void script_decide(struct script *s, const char *path, struct idmap *seen)
{
	const char *key = s->key ? s->key : path;
	uint64_t hash = hash_bytes(key, strlen(key));
	uint32_t before = 0;

	if (s->fail > 0) {
		bool known = idmap_get(seen, hash, &before);

		if ((known || seen->count < MAX_KEYS) && before < s->fail) {
			idmap_put(seen, hash, before + 1);
			if (!s->status && !s->drop)
				s->status = 503;
			return;
		}
		*s = (struct script){.on = true, .latency_us = s->latency_us, .bytes = -1};
	}
	if (!s->status)
		s->status = 200;
}
