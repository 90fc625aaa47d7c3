#include "serve/batch_check.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/idmap.h"
#include "base/io.h"
#include "base/json_writer.h"
#include "base/keyed_hash.h"
#include "ledger/lines.h"
#include "ledger/record.h"

enum { PIECE = 256 << 10, FAULTS_BYTES = 1 << 20 };

struct checking {
	struct batch_check *c;
	int out;
	struct buf made, id;
	struct hash_key key; /* nobody can make two ids collide */
	struct idmap ids;
	struct json_writer faults;
};

static bool disk_failed(struct batch_check *c, const char *path)
{
	c->failed = true;
	return error_set(&c->err, "%s: %s", path, strerror(errno));
}

/* The endpoints can be asked for a model only when nothing else is wrong. */
static void add_unknown(struct checking *k, const struct line_fault *fault)
{
	struct scout_names *names = &k->c->unknown;

	if (fault->code != line_fault_no_model || !*fault->model ||
		!catalog_may_grow(k->c->rules.catalog))
		return;
	for (size_t i = 0; i < names->n; i++)
		if (!strcmp(names->name[i], fault->model))
			return;
	if (names->n < SCOUT_NAMES)
		memcpy(names->name[names->n++], fault->model, sizeof(fault->model));
}

static void add_fault(struct checking *k, uint64_t line, const struct line_fault *fault)
{
	struct json_writer *w = &k->faults;

	if (k->c->n_faults++ >= BATCH_FAULTS_MAX)
		return;
	json_open_object(w);
	json_member_text(w, "code", fault->code);
	json_member_text(w, "message", fault->message);
	json_member_text_or_null(w, "param", fault->param);
	json_key(w, "line");
	if (line)
		json_put_uint(w, line);
	else
		json_put_null(w);
	json_close_object(w);
}

static bool is_new(struct checking *k, struct json_span id, uint64_t line, struct line_fault *fault)
{
	uint32_t before = 0;
	const char *text;
	char shown[100];
	size_t len;

	record_id_text(id, &k->id, &text, &len);
	if (idmap_add(&k->ids, hash_keyed(&k->key, text, len), (uint32_t)line, &before))
		return true;
	json_string_text(id, shown, sizeof(shown));
	return line_fault_set(fault, "duplicate_custom_id", "custom_id",
		"The custom_id '%s' is a duplicate of that on line %" PRIu32
		": it must be unique for each request in a batch.",
		shown, before);
}

static bool write_made(struct checking *k)
{
	if (!io_write_all(k->out, buf_str(&k->made), k->made.len))
		return disk_failed(k->c, k->c->input);
	buf_clear(&k->made);
	return true;
}

static bool is_blank(const char *text, size_t len)
{
	while (len && strchr(" \t\r", *text))
		text++, len--;
	return !len;
}

/* False when the disk failed. */
static bool check_line(struct checking *k, const struct ledger_line *line, uint64_t number)
{
	struct batch_check *c = k->c;
	struct json_span id = {NULL, 0};
	struct line_fault fault; /* large: only what is read of it is set */
	size_t before = k->made.len;
	bool good;

	if (line->text && is_blank(line->text, line->len))
		return true;
	c->lines++;
	fault.code = "invalid_json_line";
	fault.param = NULL;
	strcpy(fault.message, "This line is too long.");
	good = line->text &&
	       c->kind->check(&c->rules, line->text, line->len, &k->made, &id, &fault) &&
	       (!id.at || is_new(k, id, number, &fault));
	if (!good) {
		add_unknown(k, &fault);
		add_fault(k, number, &fault);
	}
	if (c->n_faults) /* there will be no input: only more faults are looked for */
		k->made.len = before;
	return k->made.len < PIECE || write_made(k);
}

static void add_general(struct checking *k)
{
	struct batch_check *c = k->c;
	struct line_fault fault;

	if (!c->lines) {
		line_fault_set(&fault, "empty_file", NULL, "The input file is empty.");
		add_fault(k, 0, &fault);
	} else if (c->lines_max && c->lines > c->lines_max) {
		line_fault_set(&fault, "too_many_tasks", NULL,
			"The batch has %" PRIu64 " requests, and at most %" PRIu64 " are allowed.",
			c->lines, c->lines_max);
		add_fault(k, 0, &fault);
	}
}

static bool check_lines(struct checking *k, int in)
{
	struct ledger_lines lines;
	struct ledger_line line;
	enum lines_status status = LINES_LINE;
	uint64_t number = 0;
	bool ok = true;

	ledger_lines_init(&lines, in);
	if (k->c->line_max)
		lines.line_max = k->c->line_max;
	while (ok && k->c->n_faults < BATCH_FAULTS_MAX &&
		(status = ledger_lines_next(&lines, &line)) == LINES_LINE)
		ok = check_line(k, &line, ++number);
	if (ok && status == LINES_ERROR)
		ok = disk_failed(k->c, k->c->source);
	ledger_lines_free(&lines);
	return ok;
}

/* The made lines are whole, on the disk, and in their place; the source is not needed any more. */
static bool put_in_place(struct checking *k, const char *half)
{
	struct batch_check *c = k->c;

	if (!write_made(k))
		return false;
	if (!io_sync(k->out) || rename(half, c->input))
		return disk_failed(c, c->input);
	c->failed = !io_sync_folder(c->input, &c->err);
	if (!c->failed)
		unlink(c->source);
	return !c->failed;
}

/* A process that was killed behind put_in_place() had all of it: only the count is not known. */
static bool count_made(struct batch_check *c)
{
	struct ledger_lines lines;
	struct ledger_line line;
	enum lines_status status;
	int in = open(c->input, O_RDONLY | O_CLOEXEC);

	if (in < 0)
		return false;
	ledger_lines_init(&lines, in);
	while ((status = ledger_lines_next(&lines, &line)) == LINES_LINE)
		c->lines++;
	if (status == LINES_ERROR)
		disk_failed(c, c->input);
	ledger_lines_free(&lines);
	close(in);
	return true;
}

static void check(struct checking *k)
{
	struct batch_check *c = k->c;
	char half[DISK_PATH_MAX];
	int in = open(c->source, O_RDONLY | O_CLOEXEC);

	if (in < 0 && errno == ENOENT && count_made(c))
		return;
	snprintf(half, sizeof(half), "%.*s.tmp", DISK_PATH_MAX - 8, c->input);
	k->out = in < 0 ? -1 : open(half, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (k->out < 0) {
		disk_failed(c, in < 0 ? c->source : half);
	} else if (check_lines(k, in)) {
		add_general(k);
		if (!c->n_faults)
			put_in_place(k, half);
	}
	if (in >= 0)
		close(in);
	if (k->out >= 0)
		close(k->out);
	if (c->failed || c->n_faults)
		unlink(half);
}

void batch_check_work(struct job *job)
{
	struct batch_check *c = (struct batch_check *)job;
	struct checking k = {.c = c, .out = -1};

	c->lines = c->n_faults = 0;
	c->unknown.n = 0;
	buf_init(&c->faults, FAULTS_BYTES);
	buf_init(&k.made, SIZE_MAX / 2);
	buf_init(&k.id, SIZE_MAX / 2);
	idmap_init(&k.ids);
	k.faults = json_writer_to(&c->faults);
	json_open_array(&k.faults);
	c->failed = !hash_key_make(&k.key, &c->err);
	if (!c->failed)
		check(&k);
	json_close_array(&k.faults);
	idmap_free(&k.ids);
	buf_free(&k.id);
	buf_free(&k.made);
}

void batch_check_clear(struct batch_check *c)
{
	buf_free(&c->faults);
}
