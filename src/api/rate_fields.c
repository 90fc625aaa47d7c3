/* RateLimit and RateLimit-Policy, draft-ietf-httpapi-ratelimit-headers-06 to -11
 * (https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/). They are structured
 * fields (RFC 9651); the reader tolerates spaces, missing or extra quotes and unknown parameters.
 */
#include <string.h>

#include "api/rate_parts.h"
#include "base/clock.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* One member of a list or a dictionary: `"p";q=5;w=1`, `100;w=60`, `limit=100`. */
struct member {
	struct slice key;    /* without quotes */
	struct slice value;  /* the value behind "="; p NULL: none */
	struct slice params; /* for next_param() */
};

static void skip(struct slice *s, const char *any)
{
	while (s->len && *s->p && strchr(any, *s->p))
		s->p++, s->len--;
}

/* Takes a quoted text with its quotes; all of the list when the second quote is missing. */
static struct slice take_quoted(struct slice *s)
{
	struct slice text = {s->p, 1};

	while (text.len < s->len && text.p[text.len] != '"')
		text.len += text.p[text.len] == '\\' && text.len + 1 < s->len ? 2 : 1;
	text.len += text.len < s->len;
	s->p += text.len;
	s->len -= text.len;
	return text;
}

/* Takes a string without its quotes, or the text before a delimiter, and the blanks on both sides.
 */
static struct slice take_item(struct slice *s)
{
	struct slice item;

	skip(s, " \t");
	if (s->len && *s->p == '"') {
		item = take_quoted(s);
		item.p++;
		item.len -= item.len > 1 && item.p[item.len - 2] == '"' ? 2 : 1;
	} else {
		item.p = s->p;
		while (s->len && !(*s->p && strchr(" \t,;=\"", *s->p)))
			s->p++, s->len--;
		item.len = (size_t)(s->p - item.p);
	}
	skip(s, " \t");
	return item;
}

/* Takes "=" and the value behind it. */
static struct slice take_value(struct slice *s)
{
	if (!slice_take(s, "="))
		return (struct slice){NULL, 0};
	return take_item(s);
}

/* Takes the next member from the front of a list; false at its end. */
static bool next_member(struct slice *list, struct member *out)
{
	skip(list, " \t,");
	if (!list->len)
		return false;
	out->key = take_item(list);
	out->value = take_value(list);
	out->params.p = list->p;
	while (list->len && *list->p != ',') {
		if (*list->p == '"')
			take_quoted(list);
		else
			list->p++, list->len--;
	}
	out->params.len = (size_t)(list->p - out->params.p);
	return true;
}

/* Takes the next parameter; its value may be empty. False at the end. */
static bool next_param(struct slice *params, struct slice *key, struct slice *value)
{
	skip(params, " \t;,");
	if (!params->len)
		return false;
	*key = take_item(params);
	*value = take_value(params);
	return true;
}

static struct rate_item *add_item(struct rate_items *items)
{
	struct rate_item *item = items->n < RATE_ITEMS_MOST ? &items->at[items->n++] : NULL;

	if (item)
		*item = (struct rate_item){{NULL, 0}, {NULL, 0}, -1, {NULL, 0}};
	return item;
}

/* The parameters of an item: q, w, qu of a policy, r, t of a limit. */
static void read_params(struct slice params, struct rate_item *item)
{
	struct slice key, value;

	while (next_param(&params, &key, &value)) {
		if (slice_is(key, "q") || slice_is(key, "r"))
			slice_number(value, &item->amount);
		else if (slice_is(key, "w") || slice_is(key, "window") || slice_is(key, "t"))
			item->span_s = value;
		else if (slice_is(key, "qu"))
			item->unit = value;
	}
}

void rate_fields_policy(struct rate_reading *r, struct slice list)
{
	struct member m;
	struct rate_item *item;

	while (next_member(&list, &m)) {
		item = add_item(&r->policies);
		if (!item)
			return;
		read_params(m.params, item);
		if (item->amount >= 0 || !slice_number(m.key, &item->amount))
			item->name = m.key;
	}
}

void rate_fields_limit(struct rate_reading *r, struct slice list)
{
	static const char *const keys[] = {"limit", "remaining", "reset"};
	static const enum rate_field fields[] = {FIELD_LIMIT, FIELD_REMAINING, FIELD_RESET};
	struct member m;
	struct rate_item *item;

	while (next_member(&list, &m)) {
		for (size_t i = 0; m.value.p && i < N_OF(keys); i++) {
			if (slice_is(m.key, keys[i]))
				rate_set(r, LIMIT_REQUESTS, RANK_FIELDS, fields[i], m.value);
		}
		item = m.value.p ? NULL : add_item(&r->limits);
		if (item) {
			item->name = m.key;
			read_params(m.params, item);
		}
	}
}

static bool names_equal(struct slice a, struct slice b)
{
	return a.len == b.len && (!a.len || !memcmp(a.p, b.p, a.len));
}

/* The limit of a policy: the one of its name, or the only one for the only policy (Hugging Face
 * names the two differently). */
static const struct rate_item *limit_of(
	const struct rate_reading *r, const struct rate_item *policy)
{
	for (int i = 0; i < r->limits.n; i++) {
		if (names_equal(r->limits.at[i].name, policy->name))
			return &r->limits.at[i];
	}
	return r->limits.n == 1 && r->policies.n == 1 ? &r->limits.at[0] : NULL;
}

/* Is it a unit of a rate, of requests or tokens? Bytes and concurrent requests are not. */
static bool is_rate(struct slice unit, bool *tokens)
{
	*tokens = slice_is(unit, "tokens") || slice_is(unit, "token");
	return *tokens || !unit.len || slice_is(unit, "requests") || slice_is(unit, "request");
}

/* The number of named policies that count the same unit. */
static int policies_of(const struct rate_reading *r, bool tokens)
{
	bool own;
	int n = 0;

	for (int i = 0; i < r->policies.n; i++)
		n += r->policies.at[i].name.p && is_rate(r->policies.at[i].unit, &own) &&
		     own == tokens;
	return n;
}

/* The slot of a window: the plain one for the only policy, else the one of its length, else the
 * next free one; LIMIT_SLOTS when all are taken. */
static enum limit_slot place(const struct rate_reading *r, bool tokens, int64_t window_us)
{
	/* in the order of the slots behind the plain one */
	static const int64_t spans_us[] = {0, US_PER_S, US_PER_MIN, 60 * US_PER_MIN, NEVER_US};
	enum limit_slot base = tokens ? LIMIT_TOKENS : LIMIT_REQUESTS;
	int span = 0, n = N_OF(spans_us);

	if (policies_of(r, tokens) > 1 && window_us > 0) {
		while (window_us > spans_us[span])
			span++;
	}
	for (int i = 0; i < n; i++) {
		enum limit_slot slot = base + (enum limit_slot)((span + i) % n);

		if (r->rank[slot] != RANK_FIELDS)
			return slot;
	}
	return LIMIT_SLOTS;
}

/* Reports a policy, its limit, or both. */
static void report_item(
	struct rate_reading *r, const struct rate_item *policy, const struct rate_item *limit)
{
	int64_t window_us = policy ? rate_window_us(policy->span_s) : -1;
	double quota = policy && policy->amount > 0 ? policy->amount : -1;
	struct reported_limit *reported;
	enum limit_slot slot;
	bool tokens;

	if (!is_rate(policy ? policy->unit : limit->unit, &tokens))
		return;
	slot = place(r, tokens, window_us);
	if (slot == LIMIT_SLOTS || (quota < 0 && (!limit || limit->amount < 0)))
		return;
	/* A policy alone does not replace a limit that other headers report in full. */
	if ((limit && limit->amount >= 0) || r->rank[slot] == RANK_NONE)
		reported = rate_claim(r, slot, RANK_FIELDS);
	else
		reported = &r->out->at[slot];
	if (reported->limit < 0)
		reported->limit = quota;
	if (reported->limit == quota)
		reported->window_us = window_us;
	if (!limit || limit->amount < 0)
		return;
	reported->remaining = limit->amount;
	rate_set(r, slot, RANK_FIELDS, FIELD_RESET, limit->span_s);
}

/* Does the limit have a policy? */
static bool has_policy(const struct rate_reading *r, const struct rate_item *limit)
{
	for (int i = 0; i < r->policies.n; i++) {
		if (r->policies.at[i].name.p && limit_of(r, &r->policies.at[i]) == limit)
			return true;
	}
	return false;
}

void rate_fields_report(struct rate_reading *r)
{
	struct reported_limit *plain = &r->out->at[LIMIT_REQUESTS];

	for (int i = 0; i < r->policies.n; i++) {
		const struct rate_item *p = &r->policies.at[i];

		if (p->name.p)
			report_item(r, p, limit_of(r, p));
		else if (plain->limit > 0 && plain->window_us < 0 && p->amount == plain->limit)
			plain->window_us = rate_window_us(p->span_s);
	}
	for (int i = 0; i < r->limits.n; i++) {
		if (!has_policy(r, &r->limits.at[i]))
			report_item(r, NULL, &r->limits.at[i]);
	}
}
