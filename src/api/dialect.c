/* What has come of an answer, whichever the dialect. */
#include "api/dialect.h"

void partial_init(struct partial *p, size_t max)
{
	grown_init(&p->tree, max);
	grown_init(&p->said, max);
	buf_init(&p->frame, max);
	buf_init(&p->error, max);
	p->whole = false;
}

void partial_free(struct partial *p)
{
	grown_clear(&p->tree);
	grown_clear(&p->said);
	buf_free(&p->frame);
	buf_free(&p->error);
}

void partial_reset(struct partial *p, size_t keep)
{
	grown_clear(&p->tree);
	grown_clear(&p->said);
	buf_trim(&p->frame, keep);
	buf_trim(&p->error, keep);
	p->whole = false;
}

bool partial_has_begun(const struct partial *p)
{
	return p->tree.root.kind != GROWN_NONE || p->said.root.first;
}

bool partial_is_full(const struct partial *p)
{
	return p->tree.full || p->said.full;
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
	grown_write(&p->tree.root, out);
}
