#include "work/stage_outputs.h"

#include <stdlib.h>

#include "base/alloc.h"

void stage_outputs_init(struct stage_outputs *k)
{
	*k = (struct stage_outputs){.at = NULL};
	idmap_init(&k->last);
}

void stage_outputs_free(struct stage_outputs *k)
{
	idmap_free(&k->last);
	free(k->at);
	stage_outputs_init(k);
}

static struct stage_output *last_of(const struct stage_outputs *k, uint64_t id_hash)
{
	uint32_t i;

	return idmap_get(&k->last, id_hash, &i) ? &k->at[i] : NULL;
}

static struct stage_output *earlier(const struct stage_outputs *k, const struct stage_output *o)
{
	return o->earlier ? &k->at[o->earlier - 1] : NULL;
}

static struct stage_output *find(const struct stage_outputs *k, uint64_t id_hash, int stage)
{
	struct stage_output *o = last_of(k, id_hash);

	while (o && o->stage != stage)
		o = earlier(k, o);
	return o;
}

void stage_outputs_add(struct stage_outputs *k, uint64_t id_hash, int stage, uint64_t offset)
{
	struct stage_output *o = find(k, id_hash, stage), *last;

	if (!o) {
		if (k->n == k->cap) {
			k->cap = k->cap ? k->cap * 2 : 256;
			k->at = xrealloc(k->at, k->cap, sizeof(*k->at));
		}
		last = last_of(k, id_hash);
		o = &k->at[k->n];
		o->stage = (uint8_t)stage;
		o->earlier = last ? (uint32_t)(last - k->at) + 1 : 0;
		idmap_put(&k->last, id_hash, k->n++);
	}
	o->offset = offset;
	o->gone = false;
}

void stage_outputs_forget(struct stage_outputs *k, uint64_t id_hash, int stage)
{
	struct stage_output *o = find(k, id_hash, stage);

	if (o)
		o->gone = true;
}

void stage_outputs_each(const struct stage_outputs *k, uint64_t id_hash,
	void (*visit)(void *ctx, int stage, uint64_t offset), void *ctx)
{
	const struct stage_output *in_order[UINT8_MAX + 1]; /* as many stages as there may be */
	size_t n = 0;

	for (const struct stage_output *o = last_of(k, id_hash); o; o = earlier(k, o)) {
		size_t at = n++;

		for (; at && in_order[at - 1]->offset > o->offset; at--)
			in_order[at] = in_order[at - 1];
		in_order[at] = o;
	}
	for (size_t i = 0; i < n; i++)
		if (!in_order[i]->gone)
			visit(ctx, in_order[i]->stage, in_order[i]->offset);
}
