/* `sluice ctl item`. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/lines.h"
#include "base/parse.h"
#include "base/text.h"
#include "cli/ctl_listing.h"
#include "cli/table.h"

enum { ID_SIZE = 64 };

/* The lines of the items of exactly this id. */
struct id_search {
	char id[ID_SIZE]; /* as rows have it: sanitised and cut */
	int64_t line;     /* of the first */
	int n;
};

static bool compare_id(void *ctx, struct json_span row)
{
	struct id_search *search = ctx;
	char id[CTL_TEXT_SIZE];
	int64_t line;

	if (strcmp(ctl_text(row, "id", id), search->id) ||
		!json_span_int(json_find(row, "line"), &line))
		return true;
	if (!search->n++)
		search->line = line;
	return true;
}

/* A filter that the id passes: quoted, of a length that filters take. */
static void add_id_filter(struct listing *l, const char *id)
{
	enum { MOST = 80 };
	char filter[2 * MOST + 16] = "id:\"";
	size_t at = strlen(filter), len = strlen(id);

	if (len > MOST)
		for (len = MOST; len && ((unsigned char)id[len] & 0xc0) == 0x80; len--)
			;
	while (len && id[len - 1] == '\\')
		len--;
	for (size_t i = 0; i < len; i++) {
		if (id[i] == '"')
			filter[at++] = '\\';
		filter[at++] = id[i];
	}
	memcpy(filter + at, "\"", 2);
	if (len)
		listing_add(l, "filter", filter);
}

/* The line of the item of this id; 0 when there is none, or several, which was said. */
static int line_of_id(struct ctl *c, const char *id, int64_t *line)
{
	struct id_search search = {.n = 0};
	struct listing l;
	int code;

	text_sanitise(search.id, sizeof(search.id), id, strlen(id));
	listing_init(&l, c);
	add_id_filter(&l, id);
	l.left = INT64_MAX;
	code = listing_read(&l, compare_id, &search);
	listing_free(&l);
	*line = search.line;
	if (code != CTL_DONE || search.n == 1)
		return code;
	if (!search.n)
		say("%s: no item \"%.200s\"", c->run.name, search.id);
	else
		say("%s: %d items are \"%.200s\"; name one by its line, such as #%" PRId64,
			c->run.name, search.n, search.id, search.line);
	return CTL_REFUSED;
}

static void add_field(struct buf *out, const char *name, const char *value)
{
	if (value[0] && strcmp(value, "-"))
		buf_addf(out, "  %-11s %s\n", name, value);
}

/* The attempts as a table; of a pipeline with their stages. */
struct attempt_table {
	struct table table;
	bool stages;
};

static bool has_no_stage(void *ctx, struct json_span v)
{
	char stage[CTL_TEXT_SIZE];

	(void)ctx;
	return !ctl_text(v, "stage", stage)[0];
}

static bool add_attempt(void *ctx, struct json_span v)
{
	struct attempt_table *t = ctx;
	char number[32], stage[CTL_TEXT_SIZE], started[CTL_TEXT_SIZE], outcome[CTL_TEXT_SIZE],
		status[32], latency[32], message[CTL_TEXT_SIZE];
	const char *const cells[] = {ctl_text(v, "stage", stage)[0] ? stage : "-",
		ctl_count(v, "attempt", number), ctl_text(v, "started", started)[0] ? started : "-",
		ctl_text(v, "outcome", outcome),
		ctl_number(v, "status") > 0 ? ctl_count(v, "status", status) : "-",
		ctl_seconds(v, "latency_s", latency), ctl_text(v, "message", message)};

	table_add(&t->table, cells + !t->stages);
	return true;
}

static void add_attempts(struct json_span attempts, struct buf *out)
{
	static const struct table_column columns[] = {{"STAGE", false, true}, {"TRY", true, false},
		{"STARTED", false, false}, {"OUTCOME", false, false}, {"STATUS", true, false},
		{"LATENCY", true, false}, {"MESSAGE", false, true}};
	struct attempt_table t = {.stages = !json_each_element(attempts, has_no_stage, NULL)};
	int hidden = !t.stages;

	table_init(
		&t.table, columns + hidden, (int)(sizeof(columns) / sizeof(columns[0])) - hidden);
	json_each_element(attempts, add_attempt, &t);
	if (t.table.n_cells)
		table_write(&t.table, table_width(), out);
	table_free(&t.table);
}

static void add_content(struct json_span v, const char *name, struct buf *out)
{
	struct json_span part = json_find(v, name);

	if (!json_span_is(part, JSON_VALUE_OBJECT))
		return;
	buf_addf(out, "%s\n", name);
	ctl_add_lines(out, json_find(part, "head"), 2);
	ctl_add_lines(out, json_find(part, "body"), 2);
	if (json_span_is(json_find(part, "truncated"), JSON_VALUE_TRUE))
		buf_adds(out, "  (cut)\n");
}

static void item_text(struct json_span v, struct buf *out)
{
	static const struct {
		const char *name, *path;
		const char *(*read)(struct json_span v, const char *path, char *out);
	} fields[] = {
		{"state", "row.state", ctl_text},
		{"outcome", "row.outcome", ctl_text},
		{"phase", "row.phase", ctl_text},
		{"attempt", "row.attempt", ctl_count},
		{"age", "row.age_s", ctl_seconds},
		{"waits", "row.wait_s", ctl_seconds},
		{"model", "row.model", ctl_text},
		{"host", "row.host", ctl_text},
		{"request id", "row.request_id", ctl_text},
		{"stage", "row.stage", ctl_text},
		{"error", "error", ctl_text},
	};
	char text[CTL_TEXT_SIZE];

	buf_addf(out, "%s", ctl_text(v, "row.id", text));
	buf_addf(out, " (line %s)\n", ctl_count(v, "row.line", text));
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		add_field(out, fields[i].name, fields[i].read(v, fields[i].path, text));
	add_attempts(json_find(v, "attempts"), out);
	add_content(v, "request", out);
	add_content(v, "response", out);
}

static int get_item(struct ctl *c, int64_t line, struct control_request *r)
{
	char path[64];

	snprintf(path, sizeof(path), "/v1/items/%" PRId64 "%s", line,
		c->s->content ? "?content=1" : "");
	*r = (struct control_request){.path = path};
	return ctl_try(c, r);
}

int ctl_item(struct ctl *c)
{
	const char *name = c->words, *number = name + (name[0] == '#');
	struct control_request r = {.status = 404};
	int code = CTL_REFUSED;
	int64_t line;

	/* a number is a line, and else an id: that of an item without one is its line */
	if (strspn(number, "0123456789") == strlen(number) &&
		parse_count(number, 1, INT64_MAX, &line))
		code = get_item(c, line, &r);
	if (code == CTL_REFUSED && r.status == 404 && name[0] != '#') {
		control_request_free(&r);
		code = line_of_id(c, name, &line);
		if (code != CTL_DONE)
			return code;
		code = get_item(c, line, &r);
	}
	if (code != CTL_DONE)
		ctl_complain(c, &r);
	else if (c->s->json)
		buf_add(&c->out, r.answer.data, r.answer.len);
	else
		item_text(json_trim(r.answer.data, r.answer.len), &c->out);
	control_request_free(&r);
	return code;
}
