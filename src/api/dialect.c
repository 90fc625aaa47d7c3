/* The part of an answer that has come, for all dialects. */
#include "api/dialect.h"

void partial_init(struct partial *p, size_t max)
{
	delta_tree_init(&p->tree, max);
	delta_tree_init(&p->output, max);
	buf_init(&p->frame, max);
	buf_init(&p->error, max);
	p->whole = false;
}

void partial_free(struct partial *p)
{
	delta_tree_clear(&p->tree);
	delta_tree_clear(&p->output);
	buf_free(&p->frame);
	buf_free(&p->error);
}

void partial_reset(struct partial *p, size_t keep)
{
	delta_tree_clear(&p->tree);
	delta_tree_clear(&p->output);
	buf_trim(&p->frame, keep);
	buf_trim(&p->error, keep);
	p->whole = false;
}

bool partial_has_begun(const struct partial *p)
{
	return p->tree.root.kind != DELTA_NONE || p->output.root.first;
}

bool partial_is_full(const struct partial *p)
{
	return p->tree.full || p->output.full;
}

void partial_fail(struct partial *p, struct json_span error)
{
	if (p->error.len)
		return;
	if (!buf_adds(&p->error, "{\"error\":") || !buf_add(&p->error, error.at, error.len) ||
		!buf_addc(&p->error, '}'))
		p->tree.full = true;
}

void partial_write(const struct partial *p, struct buf *out)
{
	delta_write(&p->tree.root, out);
}
