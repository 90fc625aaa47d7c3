#include "ledger/voids.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"

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

static void set_doubt(struct voids *v, struct json_span id, enum doubt_state doubt)
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
	if (doubt == DOUBT_REPORTED || before != DOUBT_NONE)
		idmap_put(&v->ids, key, doubt);
	v->doubted += (doubt == DOUBT_REPORTED) - (before == DOUBT_REPORTED);
	buf_free(&text);
}

static bool read_doubted(void *voids, struct json_span id)
{
	set_doubt(voids, id, DOUBT_REPORTED);
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

static void read_void(struct voids *v, const char *text, size_t len)
{
	struct json_want want[] = {{.name = "id"}, {.name = "offset"}, {.name = "hash"}};
	char hash[17] = "";
	int64_t offset;

	json_pick(text, len, want, 3, NULL);
	set_doubt(v, want[0].value, DOUBT_VOIDED);
	if (!json_span_int(want[1].value, &offset) || offset < 0 ||
		!json_span_is(want[2].value, JSON_VALUE_STRING) ||
		want[2].value.len != sizeof(hash) + 1)
		return;
	memcpy(hash, want[2].value.at + 1, sizeof(hash) - 1);
	add_line(v, (uint64_t)offset, strtoull(hash, NULL, 16));
}

void voids_read(struct voids *v, enum journal_kind kind, const char *text, size_t len)
{
	struct json_want ids = {.name = "ids"};

	if (kind == JOURNAL_VOID) {
		read_void(v, text, len);
	} else if (kind == JOURNAL_DOUBT) {
		json_pick(text, len, &ids, 1, NULL);
		if (json_span_is(ids.value, JSON_VALUE_ARRAY))
			json_each_element(ids.value, read_doubted, v);
	}
}

void voids_requeued(struct voids *v, struct json_span id)
{
	if (v->ids.count)
		set_doubt(v, id, DOUBT_VOIDED);
}

enum doubt_state voids_doubt_of(const struct voids *v, const char *id, size_t len)
{
	uint32_t doubt = DOUBT_NONE;

	if (v->ids.count)
		idmap_get(&v->ids, record_id_key(&v->keys, id, len), &doubt);
	return (enum doubt_state)doubt;
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
