#include "core/error_groups.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/text.h"

enum {
	MINUTES = sizeof(((struct error_group *)0)->per_minute) / sizeof(uint32_t),
	ID_LETTERS = 8, /* a word of digits and letters this long is an id */
};

void error_groups_init(struct error_groups *t)
{
	*t = (struct error_groups){0};
}

void error_groups_free(struct error_groups *t)
{
	free(t->group);
	free(t->hits);
	free(t->signature);
	free(t->minute);
	error_groups_init(t);
}

/* ---- messages without numbers, ids and quoted texts ---- */

static bool is_word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* The replacement of a word: "#" of a number, "*" of an id; NULL: the word itself. */
static const char *stand_in(const char *word, size_t len)
{
	size_t digits = 0, hex = 0;

	for (size_t i = 0; i < len; i++) {
		digits += isdigit((unsigned char)word[i]) != 0;
		hex += isxdigit((unsigned char)word[i]) != 0 || word[i] == '-';
	}
	if (len >= ID_LETTERS && digits < len && (digits || hex == len))
		return "*";
	/* "8", "12ms", "6m0s", "3rd" */
	return isdigit((unsigned char)word[0]) ? "#" : NULL;
}

/* The end of a quoted text that begins at `at`; NULL when none does. An apostrophe is no quote. */
static const char *quoted_end(const char *message, const char *at)
{
	const char *end;

	if (!strchr("\"'`", *at))
		return NULL;
	if (at > message && *at == '\'' && isalnum((unsigned char)at[-1]))
		return NULL;
	for (end = at + 1; *end && *end != *at; end++)
		end += *end == '\\' && end[1]; /* a quote behind it ends nothing */
	return *end ? end + 1 : NULL;
}

struct out {
	char *text;
	size_t len, size;
};

static void add(struct out *o, const char *text, size_t len)
{
	for (size_t i = 0; i < len && o->len + 1 < o->size; i++)
		o->text[o->len++] = text[i];
	o->text[o->len] = '\0';
}

/* A number; a decimal or grouped one ("1.5", "10,000") is one number. */
static void add_number(struct out *o)
{
	if (o->len >= 2 && strchr(".,:", o->text[o->len - 1]) && o->text[o->len - 2] == '#') {
		o->text[--o->len] = '\0';
		return;
	}
	add(o, "#", 1);
}

void error_normalise(const char *message, char *out, size_t size)
{
	struct out o = {out, 0, size};
	const char *at = message;

	out[0] = '\0';
	while (*at) {
		const char *end = quoted_end(message, at), *instead;
		size_t len = 0;

		if (end) {
			add(&o, "*", 1);
			at = end;
			continue;
		}
		while (is_word_char(at[len]))
			len++;
		instead = len ? stand_in(at, len) : NULL;
		if (instead && *instead == '#')
			add_number(&o);
		else if (instead)
			add(&o, instead, 1);
		else
			add(&o, at, len ? len : 1);
		at += len ? len : 1;
	}
}

static uint64_t signature_of(const struct error_seen *seen)
{
	char text[400], message[256];
	int n;

	error_normalise(seen->message, message, sizeof(message));
	n = snprintf(text, sizeof(text), "%d %d %s\n%s", seen->outcome, seen->status, seen->code,
		message);
	return hash_bytes(text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

/* ---- groups ---- */

static void allocate(struct error_groups *t)
{
	t->group = xcalloc(ERROR_GROUPS, sizeof(*t->group));
	t->hits = xcalloc(ERROR_GROUPS, sizeof(*t->hits));
	t->signature = xcalloc(ERROR_GROUPS, sizeof(*t->signature));
	t->minute = xcalloc(ERROR_GROUPS, sizeof(*t->minute));
}

static int create(
	struct error_groups *t, const struct error_seen *seen, uint64_t signature, int64_t wall_us)
{
	struct error_group *g = &t->group[t->n];
	bool other = t->n == ERROR_GROUPS - 1;

	t->signature[t->n] = signature;
	t->minute[t->n] = wall_us / US_PER_MIN;
	g->id = (uint32_t)t->n + 1;
	g->outcome = seen->outcome;
	g->status = other ? 0 : seen->status;
	snprintf(g->code, sizeof(g->code), "%s", other ? "" : seen->code);
	snprintf(g->message, sizeof(g->message), "%s",
		other ? "other errors: too many kinds to list" : seen->message);
	g->first_wall_us = wall_us;
	return t->n++;
}

/* The place of the group a failure belongs to. */
static int place_of(struct error_groups *t, const struct error_seen *seen, int64_t wall_us)
{
	uint64_t signature = signature_of(seen);

	for (int i = 0; i < t->n; i++)
		if (t->signature[i] == signature)
			return i;
	return t->n < ERROR_GROUPS ? create(t, seen, signature, wall_us) : ERROR_GROUPS - 1;
}

/* Moves the trend on by so many minutes; a clock that goes back leaves it. */
static void advance_trend(uint32_t *trend, int64_t by)
{
	if (by <= 0)
		return;
	if (by > MINUTES)
		by = MINUTES;
	memmove(trend, trend + by, (size_t)(MINUTES - by) * sizeof(*trend));
	memset(trend + MINUTES - by, 0, (size_t)by * sizeof(*trend));
}

static void advance(struct error_groups *t, int i, int64_t wall_us)
{
	int64_t by = wall_us / US_PER_MIN - t->minute[i];

	advance_trend(t->group[i].per_minute, by);
	t->minute[i] += by > 0 ? by : 0;
}

/* Counts an attempt of the group at a place. */
static void count(struct error_groups *t, int i, int64_t wall_us)
{
	struct error_group *g = &t->group[i];
	int64_t back;

	advance(t, i, wall_us);
	back = t->minute[i] - wall_us / US_PER_MIN;
	if (back < MINUTES)
		g->per_minute[MINUTES - 1 - back]++;
	if (!g->attempts++ || wall_us > g->last_wall_us)
		g->last_wall_us = wall_us;
	if (wall_us < g->first_wall_us)
		g->first_wall_us = wall_us;
}

/* The item goes in front; one that is there already only moves. */
static void add_sample(struct error_hits *h, const char *id)
{
	int at = 0;

	while (at < ERROR_SAMPLES - 1 && strcmp(h->sample[at], id) != 0)
		at++;
	memmove(h->sample[1], h->sample[0], (size_t)at * sizeof(h->sample[0]));
	snprintf(h->sample[0], sizeof(h->sample[0]), "%s", id);
}

/* Names beyond the room count in the last one. */
static void add_hit(struct error_hit *hit, const char *name)
{
	int at = 0;

	if (!name)
		return;
	while (at < ERROR_HITS - 1 && hit[at].attempts &&
		strncmp(hit[at].name, name, sizeof(hit[at].name) - 1) != 0)
		at++;
	if (!hit[at].attempts)
		snprintf(hit[at].name, sizeof(hit[at].name), "%s", name);
	else if (strncmp(hit[at].name, name, sizeof(hit[at].name) - 1) != 0)
		snprintf(hit[at].name, sizeof(hit[at].name), "others");
	hit[at].attempts++;
}

uint8_t error_groups_add(struct error_groups *t, const struct error_seen *seen, int64_t wall_us)
{
	struct error_group *g;
	int i;

	if (!t->group)
		allocate(t);
	i = place_of(t, seen, wall_us);
	g = &t->group[i];
	count(t, i, wall_us);
	text_sanitise(g->sample_id, sizeof(g->sample_id), seen->id, seen->id_len);
	add_sample(&t->hits[i], g->sample_id);
	add_hit(t->hits[i].model, seen->model);
	add_hit(t->hits[i].place, seen->place);
	return (uint8_t)g->id;
}

void error_groups_again(struct error_groups *t, uint8_t id, int64_t wall_us)
{
	int i = id - 1;

	if (!id || id > t->n)
		return;
	if (!t->group[i].attempts) {
		t->minute[i] = wall_us / US_PER_MIN;
		t->group[i].first_wall_us = wall_us;
	}
	count(t, i, wall_us);
}

void error_groups_rewind(struct error_groups *t)
{
	for (int i = 0; i < t->n; i++) {
		struct error_group *g = &t->group[i];

		g->attempts = g->items = g->final = 0;
		memset(g->per_minute, 0, sizeof(g->per_minute));
	}
}

uint8_t error_groups_of(struct error_groups *t, const struct error_seen *seen, int64_t wall_us)
{
	struct error_group *g;

	if (!t->group)
		allocate(t);
	g = &t->group[place_of(t, seen, wall_us)];
	if (!g->sample_id[0])
		text_sanitise(g->sample_id, sizeof(g->sample_id), seen->id, seen->id_len);
	return (uint8_t)g->id;
}

static void change_by(uint64_t *n, int change)
{
	*n += (uint64_t)(int64_t)change;
}

void error_groups_items(struct error_groups *t, uint8_t id, int change)
{
	if (id)
		change_by(&t->group[id - 1].items, change);
}

void error_groups_final(struct error_groups *t, uint8_t id, int change)
{
	if (id)
		change_by(&t->group[id - 1].final, change);
}

const struct error_group *error_groups_at(const struct error_groups *t, uint8_t id)
{
	return id && id <= t->n ? &t->group[id - 1] : NULL;
}

const struct error_hits *error_groups_hits(const struct error_groups *t, uint32_t id)
{
	return id && id <= (uint32_t)t->n ? &t->hits[id - 1] : NULL;
}

static int most_first(const void *a, const void *b)
{
	const struct error_group *x = *(const struct error_group *const *)a;
	const struct error_group *y = *(const struct error_group *const *)b;

	if (x->attempts != y->attempts)
		return x->attempts > y->attempts ? -1 : 1;
	return x->id < y->id ? -1 : 1;
}

size_t error_groups_list(const struct error_groups *t, int64_t wall_us, struct error_group *out,
	size_t n, size_t *total)
{
	const struct error_group *order[ERROR_GROUPS];
	size_t found = 0;

	for (int i = 0; i < t->n; i++) {
		if (!t->group[i].attempts && !t->group[i].items && !t->group[i].final)
			continue;
		order[found++] = &t->group[i];
	}
	*total = found;
	if (found)
		qsort(order, found, sizeof(order[0]), most_first);
	if (n > *total)
		n = *total;
	for (size_t i = 0; i < n; i++) {
		out[i] = *order[i];
		advance_trend(
			out[i].per_minute, wall_us / US_PER_MIN - t->minute[order[i] - t->group]);
	}
	return n;
}
