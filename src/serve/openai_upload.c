/* POST /v1/files: the form goes to the disk as it comes, and is judged at its end. Its parts come
 * in any order: Node's SDK sends the file before its purpose. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/lines.h"
#include "base/parse.h"
#include "http/multipart.h"
#include "serve/openai.h"
#include "serve/room.h"
#include "serve/service.h"

enum {
	FIELD_MAX = 64,
	FORM_SLACK = 64 << 10, /* of a form around its file */
	EXPIRES_MIN_S = 3600,
	EXPIRES_MAX_S = 2592000,
	TOO_LARGE = 413,
	NO_SPACE = 507,
};

struct field {
	char text[FIELD_MAX];
	size_t len;
	bool there, too_long;
};

enum { PURPOSE, ANCHOR, SECONDS, FIELDS };

static const char *const field_names[FIELDS] = {
	[PURPOSE] = "purpose",
	[ANCHOR] = "expires_after[anchor]",
	[SECONDS] = "expires_after[seconds]",
};

struct upload {
	struct call *call;
	struct multipart *form;
	struct field field[FIELDS];
	struct field *into;       /* the part is this field; NULL: the file, or something unknown */
	bool in_file;             /* the part is the file */
	struct file_record *file; /* NULL: none has come */
	int fd;                   /* its content; -1: none, or given away */
	struct room room;         /* that it takes */
	uint64_t total;           /* bytes of the form */
	uint64_t line;            /* bytes of the file's line so far */
	bool malformed, too_large, full, no_room;
	bool long_line; /* a line is longer than a request may be */
	struct error err;
};

/* ---- parts ---- */

static bool begin_file(struct upload *u, const struct multipart_part *part)
{
	const struct service *s = u->call->service;
	char path[DISK_PATH_MAX];

	if (u->file) /* the first one counts */
		return true;
	u->file = xcalloc(1, sizeof(*u->file));
	serve_id_make(u->file->id, "file-");
	u->file->filename = xstrdup(part->filename);
	store_file_path(s->store, u->file->id, NULL, path);
	u->fd = disk_begin(path, "content", &u->err);
	u->in_file = u->fd >= 0;
	u->full = u->fd < 0;
	return true;
}

static bool on_part(void *ctx, const struct multipart_part *part)
{
	struct upload *u = ctx;

	u->into = NULL;
	u->in_file = false;
	if (!strcmp(part->name, "file"))
		return begin_file(u, part);
	for (int i = 0; i < FIELDS; i++)
		if (!strcmp(part->name, field_names[i]) && !u->field[i].there)
			u->into = &u->field[i];
	if (u->into)
		u->into->there = true;
	return true;
}

static void add_text(struct field *f, const char *data, size_t len)
{
	if (f->len + len >= sizeof(f->text)) {
		f->too_long = true;
		return;
	}
	memcpy(f->text + f->len, data, len);
	f->len += len;
}

static bool is_for_batches(const struct upload *u)
{
	return !strcmp(u->field[PURPOSE].text, "batch");
}

/* The form will be refused. */
static bool is_lost(const struct upload *u)
{
	return u->malformed || u->too_large || u->full || u->no_room ||
	       (u->long_line && is_for_batches(u));
}

/* The purpose may come later; when it is known, the rest of the file need not come. */
static void measure_lines(struct upload *u, const char *data, size_t len)
{
	uint64_t most = (uint64_t)u->call->service->settings->request_max;

	while (len && !u->long_line) {
		const char *end = memchr(data, '\n', len);
		size_t n = end ? (size_t)(end - data) : len;

		u->line += n;
		u->long_line = u->line > most;
		if (end)
			u->line = 0;
		data += n + (end ? 1 : 0);
		len -= n + (end ? 1 : 0);
	}
}

static void add_content(struct upload *u, const char *data, size_t len)
{
	const struct serve_settings *settings = u->call->service->settings;

	measure_lines(u, data, len);
	u->file->bytes += len;
	u->too_large = u->file->bytes > (uint64_t)settings->upload_max;
	u->no_room = !is_lost(u) && !room_take(&u->room, len);
	u->full = !is_lost(u) && !io_write_all(u->fd, data, len);
	if (u->full)
		error_set(&u->err, "an upload: %s", strerror(errno));
	if (!is_lost(u))
		return;
	room_give_back(&u->room);
	/* what is left of it goes with its folder */
	(void)!ftruncate(u->fd, 0);
}

static bool on_data(void *ctx, const char *data, size_t len)
{
	struct upload *u = ctx;

	if (u->into)
		add_text(u->into, data, len);
	else if (u->in_file && !is_lost(u))
		add_content(u, data, len);
	return true;
}

static bool on_part_end(void *ctx)
{
	(void)ctx;
	return true;
}

/* ---- life ---- */

/* What is not wanted goes from the disk. */
static void drop_content(struct upload *u)
{
	if (u->fd >= 0)
		close(u->fd);
	u->fd = -1;
	room_give_back(&u->room);
	if (u->file)
		store_drop_content(u->call->service->store, u->file->id);
	file_record_free(u->file);
	u->file = NULL;
}

static void end(struct call *c)
{
	struct upload *u = c->data;

	drop_content(u);
	multipart_free(u->form);
	free(u);
}

static bool on_piece(void *ctx, struct http_exchange *x, const char *data, size_t len)
{
	struct upload *u = ((struct call *)http_data(x))->data;
	uint64_t most = (uint64_t)u->call->service->settings->upload_max;

	(void)ctx;
	u->total += len;
	u->too_large = u->too_large || u->total > most + FORM_SLACK;
	if (!is_lost(u))
		u->malformed = !multipart_feed(u->form, data, len);
	/* of a form that is refused, the rest is read, so that its client sees why */
	return !is_lost(u) || http_spill(x, len, most);
}

static void refuse_size(struct call *c)
{
	call_refuse(c, TOO_LARGE, "file_too_large", "file",
		"The file is larger than the limit of %lld bytes.",
		(long long)c->service->settings->upload_max);
}

/* What is known to be too large is refused before it is sent, where the client waits for that. */
static bool has_room(struct call *c)
{
	const struct serve_settings *settings = c->service->settings;
	const char *length = http_waits(c->x) ? http_header(c->x, "Content-Length") : NULL;
	uint64_t bytes = length ? strtoull(length, NULL, 10) : 0;

	if (bytes > (uint64_t)settings->upload_max + FORM_SLACK)
		refuse_size(c);
	else if (bytes > FORM_SLACK && !room_has(c->service, bytes - FORM_SLACK))
		room_refuse(c, "file");
	else
		return true;
	return false;
}

void openai_upload_begin(struct call *c)
{
	static const struct multipart_handlers handlers = {on_part, on_data, on_part_end};
	struct upload *u;

	if (!has_room(c))
		return;
	u = xcalloc(1, sizeof(*u));
	u->call = c;
	u->room.service = c->service;
	u->fd = -1;
	u->form = multipart_new(http_header(c->x, "Content-Type"), &handlers, u);
	c->data = u;
	c->end = end;
	u->malformed = !u->form;
	http_set_sink(c->x, on_piece);
}

/* ---- the whole form ---- */

static bool ends_with(const char *text, const char *ending)
{
	size_t len = strlen(text), end_len = strlen(ending);

	return len >= end_len && !strcmp(text + len - end_len, ending);
}

static bool is_purpose(const char *text)
{
	static const char *const purposes[] = {
		"batch", "assistants", "fine-tune", "vision", "user_data", "evals"};

	for (size_t i = 0; i < sizeof(purposes) / sizeof(purposes[0]); i++)
		if (!strcmp(text, purposes[i]))
			return true;
	return false;
}

static bool take_expiry(struct upload *u)
{
	int64_t seconds = 0;

	if (!u->field[ANCHOR].there && !u->field[SECONDS].there)
		return true;
	if (strcmp(u->field[ANCHOR].text, "created_at") != 0 ||
		!parse_count(u->field[SECONDS].text, EXPIRES_MIN_S, EXPIRES_MAX_S, &seconds)) {
		call_refuse(u->call, 400, "invalid_value", "expires_after",
			"Invalid 'expires_after': the anchor must be 'created_at' and the seconds "
			"a "
			"number from %d to %d.",
			EXPIRES_MIN_S, EXPIRES_MAX_S);
		return false;
	}
	u->file->expires_us = u->file->created_us + seconds * US_PER_S;
	return true;
}

static bool is_good_form(struct upload *u)
{
	struct call *c = u->call;
	const struct field *purpose = &u->field[PURPOSE];

	if (u->malformed || !multipart_is_whole(u->form))
		call_refuse(c, 400, NULL, NULL,
			"The body is not complete multipart/form-data with a boundary.");
	else if (!u->file)
		call_refuse(c, 400, "missing_required_parameter", "file",
			"Missing required parameter: 'file'.");
	else if (!purpose->there)
		call_refuse(c, 400, "missing_required_parameter", "purpose",
			"Missing required parameter: 'purpose'.");
	else if (purpose->too_long || !is_purpose(purpose->text))
		call_refuse(c, 400, "invalid_value", "purpose",
			"Invalid value for 'purpose': '%s'.", purpose->text);
	else if (is_for_batches(u) && !ends_with(u->file->filename, ".jsonl"))
		call_refuse(
			c, 400, NULL, "file", "Invalid file format for Batch API. Must be .jsonl");
	else
		return true;
	return false;
}

static bool is_good(struct upload *u)
{
	struct call *c = u->call;

	if (u->long_line && is_for_batches(u)) {
		call_refuse(c, TOO_LARGE, "line_too_large", "file",
			"A line of the file is larger than the limit of %lld bytes.",
			(long long)c->service->settings->request_max);
		return false;
	}
	if (u->too_large || u->no_room) {
		if (u->too_large)
			refuse_size(c);
		else
			room_refuse(c, "file");
		return false;
	}
	if (u->full) {
		say_warning("%s: %s", c->request_id, u->err.text);
		call_refuse(c, NO_SPACE, "storage_unavailable", "file",
			"The server cannot store the file now.");
		return false;
	}
	return is_good_form(u);
}

static void stored(void *ctx, const struct error *err)
{
	struct call *c = ctx;
	struct upload *u = c->data;
	struct file_record *f = err ? NULL : store_file(c->service->store, c->id);

	room_give_back(&u->room);
	if (f)
		openai_answer_file(c, f);
	else if (err)
		call_fail(c, err);
	call_release(c);
}

void openai_upload(struct call *c)
{
	struct upload *u = c->data;
	struct file_record *f;
	int fd = u->fd;

	if (!is_good(u)) {
		drop_content(u);
		return;
	}
	f = u->file;
	f->created_us = clock_wall_us();
	if (!take_expiry(u)) {
		drop_content(u);
		return;
	}
	memcpy(f->owner, c->owner, sizeof(f->owner));
	strcpy(f->purpose, u->field[PURPOSE].text);
	memcpy(c->id, f->id, sizeof(c->id));
	u->file = NULL;
	u->fd = -1;
	call_hold(c);
	store_add_file(c->service->store, f, fd, stored, c);
}
