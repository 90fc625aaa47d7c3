#include "config.h"

#include "ledger/void.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/json_writer.h"
#include "ledger/ledger_impl.h"
#include "ledger/record.h"

/* ---- what the journal tells ---- */

void voids_init(struct voids *v, const struct record_keys *keys)
{
	*v = (struct voids){.keys = *keys};
	idmap_init(&v->by_offset);
	idmap_init(&v->ids);
}

void voids_free(struct voids *v)
{
	free(v->line);
	idmap_free(&v->by_offset);
	idmap_free(&v->ids);
	*v = (struct voids){0};
}

static void set_doubt(struct voids *v, struct json_span id, enum doubt_of doubt)
{
	uint32_t before = DOUBT_NONE;
	struct buf text;
	const char *at;
	uint64_t key;
	size_t len;

	if (!json_span_is(id, JSON_VALUE_STRING))
		return;
	buf_init(&text, LEDGER_LINE_MAX);
	record_id_text(id, &text, &at, &len);
	key = record_id_key(&v->keys, at, len);
	idmap_get(&v->ids, key, &before);
	if (doubt == DOUBT_TOLD || before != DOUBT_NONE)
		idmap_put(&v->ids, key, doubt);
	v->doubted += (doubt == DOUBT_TOLD) - (before == DOUBT_TOLD);
	buf_free(&text);
}

static bool take_doubted(void *voids, struct json_span id)
{
	set_doubt(voids, id, DOUBT_TOLD);
	return true;
}

static uint64_t place_key(uint64_t offset)
{
	return hash_bytes(&offset, sizeof(offset));
}

static void add_line(struct voids *v, uint64_t offset, uint64_t hash)
{
	if (v->n == v->cap) {
		v->cap = v->cap ? v->cap * 2 : 16;
		v->line = xrealloc(v->line, v->cap, sizeof(*v->line));
	}
	v->line[v->n] = (struct void_line){offset, hash};
	idmap_put(&v->by_offset, place_key(offset), v->n++);
}

static void take_void(struct voids *v, const char *text, size_t len)
{
	struct json_want want[] = {{.name = "id"}, {.name = "offset"}, {.name = "hash"}};
	char hash[17] = "";
	int64_t offset;

	json_pick(text, len, want, 3, NULL);
	set_doubt(v, want[0].value, DOUBT_REDO);
	if (!json_span_int(want[1].value, &offset) || offset < 0 ||
		!json_span_is(want[2].value, JSON_VALUE_STRING) ||
		want[2].value.len != sizeof(hash) + 1)
		return;
	memcpy(hash, want[2].value.at + 1, sizeof(hash) - 1);
	add_line(v, (uint64_t)offset, strtoull(hash, NULL, 16));
}

void voids_take(struct voids *v, enum journal_kind kind, const char *text, size_t len)
{
	struct json_want ids = {.name = "ids"};

	if (kind == JOURNAL_VOID) {
		take_void(v, text, len);
	} else if (kind == JOURNAL_DOUBT) {
		json_pick(text, len, &ids, 1, NULL);
		if (json_span_is(ids.value, JSON_VALUE_ARRAY))
			json_each_element(ids.value, take_doubted, v);
	}
}

void voids_requeued(struct voids *v, struct json_span id)
{
	if (v->ids.count)
		set_doubt(v, id, DOUBT_REDO);
}

bool voids_has(const struct voids *v, const struct ledger_line *line)
{
	uint32_t at;

	/* of a place that was used twice, both lines are in the list, the map has the later one */
	if (!v->n || !line->text || !idmap_get(&v->by_offset, place_key(line->offset), &at))
		return false;
	for (uint64_t hash = hash_bytes(line->text, line->len); at < v->n; at--)
		if (v->line[at].offset == line->offset && v->line[at].hash == hash)
			return true;
	return false;
}

bool ledger_any_doubt(const struct ledger *l)
{
	return l->voids.doubted > 0;
}

enum doubt_of ledger_doubt_of(const struct ledger *l, const char *id, size_t len)
{
	const struct voids *v = &l->voids;
	uint32_t doubt = DOUBT_NONE;

	if (v->ids.count)
		idmap_get(&v->ids, record_id_key(&v->keys, id, len), &doubt);
	return (enum doubt_of)doubt;
}

bool ledger_add_void(struct ledger *l, int64_t wall_us, const char *id, size_t len, uint64_t offset)
{
	struct buf line, fields;
	struct json_writer w = json_writer_to(&fields);
	bool there;

	buf_init(&line, LEDGER_LINE_MAX);
	buf_init(&fields, LEDGER_LINE_MAX);
	there = ledger_read_result(l, offset, &line);
	if (there) {
		json_member_string(&w, "id", id, len);
		json_member_uint(&w, "offset", offset);
		json_key(&w, "hash");
		json_open_string(&w);
		json_part_hex(&w, hash_bytes(line.data, line.len), 16);
		json_close_string(&w);
		ledger_add_event(l, wall_us, JOURNAL_VOID, fields.data, fields.len);
	}
	buf_free(&line);
	buf_free(&fields);
	return there;
}

/* ---- moving them out ---- */

struct sweep {
	struct ledger *l;
	struct ledger_file *to; /* the new results */
	int void_fd;            /* where what is moved goes */
	struct buf kept, moved; /* to be written */
};

static bool any_there(const struct ledger *l)
{
	struct ledger_lines lines;
	struct ledger_line line;
	bool there = false;

	ledger_lines_init(&lines, l->results.fd);
	for (uint32_t i = 0; i < l->voids.n && !there; i++) {
		ledger_lines_seek(&lines, l->voids.line[i].offset);
		there = ledger_lines_next(&lines, &line) == LINES_LINE &&
			voids_has(&l->voids, &line);
	}
	ledger_lines_free(&lines);
	return there;
}

/* "x.results.jsonl" gives "x.results.void.jsonl". */
static char *void_path(const char *results)
{
	static const char ending[] = ".jsonl", own[] = ".void.jsonl";
	size_t len = strlen(results), n = sizeof(ending) - 1;
	char *path = xmalloc(len + sizeof(own));

	if (len > n && !memcmp(results + len - n, ending, n))
		len -= n;
	memcpy(path, results, len);
	memcpy(path + len, own, sizeof(own));
	return path;
}

static bool write_out(struct sweep *s, size_t from)
{
	enum { KEEP = 1 << 20 };
	bool ok = s->kept.len < from ||
		  (io_write_all(s->to->fd, s->kept.data, s->kept.len) &&
			  io_write_all(s->void_fd, buf_str(&s->moved), s->moved.len));

	if (s->kept.len >= from) {
		s->to->end += s->kept.len;
		buf_trim(&s->kept, KEEP);
		buf_trim(&s->moved, KEEP);
	}
	return ok;
}

static bool fill(void *sweep, struct ledger_file *renewed)
{
	enum { BATCH = 256 << 10 };
	struct sweep *s = sweep;
	struct ledger_lines lines;
	struct ledger_line line;
	enum lines_status status;
	bool ok = true;

	s->to = renewed;
	ledger_lines_init(&lines, s->l->results.fd);
	while (ok && (status = ledger_lines_next(&lines, &line)) == LINES_LINE) {
		struct buf *to = voids_has(&s->l->voids, &line) ? &s->moved : &s->kept;

		/* one too long to be read cannot be copied, and none of ours is */
		ok = line.text && buf_add(to, line.text, line.len) && buf_addc(to, '\n') &&
		     write_out(s, BATCH);
		if (!line.text)
			errno = EFBIG;
	}
	ledger_lines_free(&lines);
	return ok && status == LINES_END && write_out(s, 0) && fsync(s->void_fd) == 0;
}

bool ledger_sweep_voids(struct ledger *l, struct error *err)
{
	struct sweep s = {.l = l};
	const struct ledger_renewal how = {fill, &s, "lines that count no more cannot be moved"};
	char *path;
	bool ok;

	if (!any_there(l))
		return true;
	path = void_path(l->paths.results);
	buf_init(&s.kept, SIZE_MAX / 2);
	buf_init(&s.moved, SIZE_MAX / 2);
	s.void_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s.void_fd >= 0)
		ok = ledger_renew(l, &l->results, &how, err);
	else
		ok = error_set(err, "%s: cannot be written: %s", path, strerror(errno));
	if (s.void_fd >= 0)
		close(s.void_fd);
	free(path);
	buf_free(&s.kept);
	buf_free(&s.moved);
	return ok;
}
