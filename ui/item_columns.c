#include "item_columns.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"

/* When a usual column is of use. */
enum use { ALWAYS, IF_STREAMS, IF_PRICED, IF_ENDPOINTS, IF_STAGES, CHOSEN_ONLY };

/* In the order of the screen. Without room the usual columns go by their ranks, the highest first.
 */
static const struct {
	const char *name;
	enum item_field sort; /* FIELD_COUNT: none */
	enum use use;
	struct table_column column;
} all[] = {
	{"line", FIELD_LINE, ALWAYS, {COL_LINE, "line", 8, 0, 4, true}},
	{"item", FIELD_COUNT, ALWAYS, {COL_ITEM, "item", 14, 48, 0, false}},
	{"state", FIELD_STATE, ALWAYS, {COL_STATE, "state", 12, 20, 0, false}},
	{"attempts", FIELD_ATTEMPTS, ALWAYS, {COL_TRY, "try", 5, 0, 3, false}},
	{"code", FIELD_CODE, ALWAYS, {COL_CODE, "code", 4, 0, 2, true}},
	{"outcome", FIELD_OUTCOME, ALWAYS, {COL_OUTCOME, "last outcome", 13, 0, 1, false}},
	{"stage", FIELD_STAGE, IF_STAGES, {COL_STAGE, "stage", 10, 20, 5, false}},
	{"model", FIELD_MODEL, ALWAYS, {COL_MODEL, "model", 12, 24, 6, false}},
	{"latency", FIELD_LATENCY, ALWAYS, {COL_LATENCY, "latency", 7, 0, 7, true}},
	{"first", FIELD_FIRST, IF_STREAMS, {COL_FIRST, "first", 6, 0, 14, true}},
	{"tokens_in", FIELD_TOKENS_IN, ALWAYS, {COL_TOKENS_IN, "in", 6, 0, 12, true}},
	{"tokens_out", FIELD_TOKENS_OUT, ALWAYS, {COL_TOKENS_OUT, "out", 6, 0, 8, true}},
	{"cost", FIELD_COST, IF_PRICED, {COL_COST, "cost", 8, 0, 11, true}},
	{"finish", FIELD_FINISH, ALWAYS, {COL_FINISH, "finish", 10, 14, 10, false}},
	{"endpoint", FIELD_ENDPOINT, IF_ENDPOINTS, {COL_ENDPOINT, "endpoint", 8, 16, 13, false}},
	{"ended", FIELD_ENDED, ALWAYS, {COL_ENDED, "ended", 8, 0, 15, true}},
	{"age", FIELD_COUNT, CHOSEN_ONLY, {COL_AGE, "age", 7, 0, 0, true}},
	{"bytes", FIELD_COUNT, CHOSEN_ONLY, {COL_BYTES, "bytes", 8, 0, 0, true}},
	{"answer", FIELD_ANSWER, ALWAYS, {COL_ANSWER, "answer", 24, 160, 9, false}},
};
enum { ALL = sizeof(all) / sizeof(all[0]) };

/* The row of a column; every one that can be chosen has one. */
static int row_of(int column)
{
	int i = 0;

	while (i < ALL - 1 && all[i].column.id != column)
		i++;
	return i;
}

static int row_named(const char *name, size_t len)
{
	int i = 0;

	while (i < ALL && (strlen(all[i].name) != len || strncasecmp(all[i].name, name, len) != 0))
		i++;
	return i;
}

const char *item_columns_name(int i)
{
	return i < ALL ? all[i].name : NULL;
}

/* ---- choosing ---- */

static int place_of(const struct item_columns *c, int id)
{
	int i = 0;

	while (i < c->n && c->id[i] != id)
		i++;
	return i;
}

static void add(struct item_columns *c, int id)
{
	if (place_of(c, id) == c->n && c->n < TABLE_COLUMNS)
		c->id[c->n++] = (unsigned char)id;
}

static void take_out(struct item_columns *c, int id)
{
	int at = place_of(c, id);

	if (at == c->n || id == COL_ITEM || id == COL_STATE)
		return;
	memmove(c->id + at, c->id + at + 1, (size_t)(c->n - at - 1));
	c->n--;
}

/* The usual columns as if they had been chosen. */
static struct item_columns usual(void)
{
	struct item_columns c = {0, {0}};

	for (int i = 0; i < ALL; i++)
		if (all[i].use != CHOSEN_ONLY)
			add(&c, all[i].column.id);
	return c;
}

static void name_all(char *out, size_t size)
{
	for (int i = 0; i < ALL; i++)
		snprintf(out + strlen(out), size - strlen(out), "%s%s", i ? " " : "", all[i].name);
}

bool item_columns_choose(struct item_columns *c, const char *text, char *why, size_t size)
{
	static const char between[] = ", \t";
	struct item_columns own = {0, {0}};
	char names[COLUMNS_TEXT] = "", shown[31];

	text += strspn(text, between);
	if (*text == '+' || *text == '-')
		own = c->n ? *c : usual();
	for (size_t len; *text; text += len, text += strspn(text, between)) {
		char sign = *text == '+' || *text == '-' ? *text : '\0';
		int row;

		text += sign != '\0';
		len = strcspn(text, between);
		row = row_named(text, len);
		if (row < ALL && sign != '-') {
			add(&own, all[row].column.id);
		} else if (row < ALL) {
			take_out(&own, all[row].column.id);
		} else if (len == 7 && !strncasecmp(text, "default", len)) {
			*c = (struct item_columns){0, {0}};
			return true;
		} else {
			text_sanitise(shown, sizeof(shown), text, len < 20 ? len : 20);
			name_all(names, sizeof(names));
			snprintf(why, size, "unknown column \"%s\"; the columns are default %s",
				shown, names);
			return false;
		}
	}
	if (!own.n) {
		name_all(names, sizeof(names));
		snprintf(why, size, "columns: default %s", names);
		return false;
	}
	/* whatever is chosen, a row says what it is about */
	if (place_of(&own, COL_STATE) == own.n) {
		add(&own, COL_STATE);
		memmove(own.id + 1, own.id, (size_t)own.n - 1);
		own.id[0] = COL_STATE;
	}
	if (place_of(&own, COL_ITEM) == own.n) {
		add(&own, COL_ITEM);
		memmove(own.id + 1, own.id, (size_t)own.n - 1);
		own.id[0] = COL_ITEM;
	}
	*c = own;
	return true;
}

const char *item_columns_text(const struct item_columns *c, char *out)
{
	struct item_columns of = c->n ? *c : usual();

	out[0] = '\0';
	for (int i = 0; i < of.n; i++)
		snprintf(out + strlen(out), COLUMNS_TEXT - strlen(out), "%s%s", i ? "," : "",
			all[row_of(of.id[i])].name);
	return out;
}

/* ---- the table ---- */

static bool is_of_use(enum use use, const struct snapshot *s)
{
	switch (use) {
	case ALWAYS:
		return true;
	case IF_STREAMS:
		return s->streams.any;
	case IF_PRICED:
		return s->cost.expected || s->cost.usd >= 0;
	case IF_ENDPOINTS:
		return s->n_endpoints > 1 && !s->pipeline;
	case IF_STAGES:
		return s->pipeline;
	case CHOSEN_ONLY:
		break;
	}
	return false;
}

void item_columns_fit(const struct item_columns *c, const struct snapshot *s, const struct panel *p,
	struct table *t)
{
	static struct table_column chosen[TABLE_COLUMNS];
	int n = 0;

	for (int i = 0; i < ALL && !c->n && n < TABLE_COLUMNS; i++)
		if (is_of_use(all[i].use, s))
			chosen[n++] = all[i].column;
	for (int i = 0; i < c->n; i++) {
		chosen[n] = all[row_of(c->id[i])].column;
		chosen[n].rank = c->id[i] == COL_ITEM || c->id[i] == COL_STATE ? 0 : i + 1;
		n++;
	}
	table_fit(t, chosen, n, p);
}

bool item_columns_have_facts(const struct table *t)
{
	for (int i = 0; i < t->n; i++)
		if (t->column[i]->id >= COL_LATENCY)
			return true;
	return false;
}

enum item_field item_columns_sort(const struct item_columns *c, enum item_field sort, bool next)
{
	struct item_columns of = c->n ? *c : usual();
	enum item_field order[TABLE_COLUMNS + 1] = {FIELD_LINE};
	int n = 1, at = 0;

	for (int i = 0; i < of.n; i++) {
		enum item_field by = all[row_of(of.id[i])].sort;

		if (by != FIELD_COUNT && by != FIELD_LINE)
			order[n++] = by;
	}
	while (at < n && order[at] != sort)
		at++;
	return order[at == n ? 0 : (at + (next ? 1 : n - 1)) % n];
}

/* ---- cells ---- */

static const char *put_count(int64_t n, char *out)
{
	if (n < 0)
		snprintf(out, TABLE_CELL, "-");
	else if (n < 100000)
		snprintf(out, TABLE_CELL, "%" PRId64, n);
	else
		text_count((double)n, out, TABLE_CELL);
	return R_TEXT;
}

/* Of single items, most of which cost less than a cent. */
static const char *put_usd(double usd, char *out)
{
	if (usd < 0)
		snprintf(out, TABLE_CELL, "-");
	else if (usd > 0 && usd < 0.00001)
		snprintf(out, TABLE_CELL, "<$.00001");
	else if (usd < 0.1)
		snprintf(out, TABLE_CELL, "$%.5f", usd);
	else
		text_usd(usd, out, TABLE_CELL);
	return R_TEXT;
}

/* The time of day, or of another day the date. */
static const char *put_time(int64_t us, int64_t now_us, char *out)
{
	time_t t = (time_t)(us / US_PER_S), now = (time_t)(now_us / US_PER_S);
	struct tm tm, today;

	if (us < 0 || !localtime_r(&t, &tm) || !localtime_r(&now, &today))
		snprintf(out, TABLE_CELL, "-");
	else if (tm.tm_year == today.tm_year && tm.tm_yday == today.tm_yday)
		strftime(out, TABLE_CELL, "%H:%M:%S", &tm);
	else
		strftime(out, TABLE_CELL, tm.tm_year == today.tm_year ? "%d %b" : "%F", &tm);
	return R_DIM;
}

/* A finish that is not what the model meant. */
static bool is_cut(const char *finish)
{
	static const char *const cut[] = {"length", "max_tokens", "content_filter", "MAX_TOKENS",
		"SAFETY", "incomplete", "refusal", "max_output_tokens"};

	for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++)
		if (!strcmp(finish, cut[i]))
			return true;
	return false;
}

static const char *put_text(const char *text, const char *role, char *out)
{
	snprintf(out, TABLE_CELL, "%s", *text ? text : "-");
	return *text ? role : R_DIM;
}

const char *item_fact_cell(
	const struct item_row *r, enum item_column column, int64_t wall_us, char *out)
{
	const struct item_facts *f = &r->facts;

	if (!f->known) {
		snprintf(out, TABLE_CELL, "…");
		return R_DIM;
	}
	switch (column) {
	case COL_LATENCY:
		text_latency(f->latency_us, out, TABLE_CELL);
		return R_TEXT;
	case COL_FIRST:
		text_latency(f->first_token_us, out, TABLE_CELL);
		return R_TEXT;
	case COL_TOKENS_IN:
		return put_count(f->tokens_in, out);
	case COL_TOKENS_OUT:
		return put_count(f->tokens_out, out);
	case COL_COST:
		return put_usd(f->usd, out);
	case COL_FINISH:
		return put_text(f->finish, is_cut(f->finish) ? R_WARN : R_TEXT, out);
	case COL_ENDPOINT:
		return put_text(f->endpoint, R_TEXT, out);
	case COL_ENDED:
		return put_time(f->ended_wall_us, wall_us, out);
	default:
		return put_text(f->answer, R_TEXT, out);
	}
}
