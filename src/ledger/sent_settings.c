#include "ledger/sent_settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/json.h"

static const struct {
	const char *member; /* of the start record */
	const char *name;
} settings[SENT_SETTINGS] = {
	[SENT_TEMPLATE] = {"template", "--template"},
	[SENT_PIPELINE] = {"pipeline", "--pipeline"},
	[SENT_PROVIDER] = {"provider", "--provider"},
	[SENT_HEADERS] = {"answer_headers", "a header (-H)"},
};

/* Azure takes and answers what OpenAI does: it is another address. */
static uint32_t mark_of(enum sent_setting setting, struct json_span v)
{
	if (setting == SENT_PROVIDER && json_span_equals(v, "azure"))
		return (uint32_t)hash_bytes("\"openai\"", 8);
	return (uint32_t)hash_bytes(v.at, v.len);
}

void sent_settings_read(const char *record, size_t len, struct sent_settings *out)
{
	struct json_want want[SENT_SETTINGS];

	*out = (struct sent_settings){.known = 0};
	for (int i = 0; i < SENT_SETTINGS; i++)
		want[i].name = settings[i].member;
	if (json_pick(record, len, want, SENT_SETTINGS, NULL) != JSON_VALUE_OBJECT)
		return;
	for (int i = 0; i < SENT_SETTINGS; i++) {
		if (!json_span_is(want[i].value, JSON_VALUE_STRING))
			continue;
		out->mark[i] = mark_of((enum sent_setting)i, want[i].value);
		out->known |= 1U << i;
	}
}

unsigned sent_settings_differ(const struct sent_settings *a, const struct sent_settings *b)
{
	unsigned differ = 0;

	for (int i = 0; i < SENT_SETTINGS; i++)
		if (a->mark[i] != b->mark[i])
			differ |= 1U << i;
	return differ & a->known & b->known;
}

bool sent_settings_same(const struct sent_settings *a, const struct sent_settings *b)
{
	return !(b->known & ~a->known) && !sent_settings_differ(a, b);
}

void sent_settings_name(unsigned differ, char *out, size_t size)
{
	size_t at = 0;

	out[0] = '\0';
	for (int i = 0; i < SENT_SETTINGS && at < size; i++) {
		const char *between = !at ? "" : differ >> (i + 1) ? ", " : " and ";

		if (differ & 1U << i)
			at += (size_t)snprintf(
				out + at, size - at, "%s%s", between, settings[i].name);
	}
}

/* ---- all sessions ---- */

static uint8_t index_of(struct sent_table *t, const struct sent_settings *s)
{
	for (int i = 0; i < t->n; i++)
		if (!memcmp(&t->at[i], s, sizeof(*s)))
			return (uint8_t)(i + 1);
	if (t->n == SENT_MOST)
		return 0;
	t->at[t->n] = *s;
	return ++t->n;
}

void sent_table_add(struct sent_table *t, const char *record, size_t len)
{
	struct json_want mixed = {.name = "mixed"};
	struct sent_settings s;

	sent_settings_read(record, len, &s);
	if (!(s.known & 1U << SENT_HEADERS)) { /* of an earlier release */
		json_pick(record, len, &mixed, 1, NULL);
		t->mixed = t->mixed || json_span_is(mixed.value, JSON_VALUE_TRUE);
	}
	if (t->sessions == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 16;
		t->of_session = xrealloc(t->of_session, t->cap, sizeof(*t->of_session));
	}
	t->of_session[t->sessions++] = index_of(t, &s);
}

void sent_table_free(struct sent_table *t)
{
	free(t->of_session);
	*t = (struct sent_table){.n = 0};
}

uint8_t sent_table_of(const struct sent_table *t, int64_t session)
{
	if (session <= 0)
		return t->sessions && !t->mixed ? t->of_session[0] : 0;
	return session <= t->sessions ? t->of_session[session - 1] : 0;
}
