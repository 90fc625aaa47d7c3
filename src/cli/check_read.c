#include "cli/check_read.h"

#include "base/buf.h"
#include "input/sample.h"

enum { READ_AT_ONCE = 16 << 20 };

struct reading {
	struct source *source;
	struct input_form *form;
	const struct input_part *part;
	struct sample sample;
	uint64_t items;
	check_take *take;
	void *ctx;
};

static bool take_item(struct reading *r, const struct source_line *line, struct error *err)
{
	r->items++;
	if (r->part->sample)
		sample_offer(&r->sample, line);
	else if (!r->part->first || r->items <= r->part->first)
		return r->take(r->ctx, line, err);
	return true;
}

/* What follows the first items is only counted, but no pipe is waited for. */
static bool is_enough(const struct reading *r)
{
	return r->part->first && r->items >= r->part->first && source_fd(r->source) >= 0;
}

static bool take_line(struct reading *r, const struct source_line *line, struct error *err)
{
	switch (input_form_line(r->form, line->text, line->len, err)) {
	case FORM_LINE_ITEM:
		return take_item(r, line, err);
	case FORM_LINE_SKIP:
		return true;
	case FORM_LINE_ERROR:
		break;
	}
	return false;
}

/* Reads to the end, or as far as the part needs; *ended: which of the two. */
static bool read_items(struct reading *r, bool *ended, struct error *err)
{
	struct source_line line;

	*ended = false;
	while (!is_enough(r)) {
		switch (source_next(r->source, READ_AT_ONCE, &line)) {
		case SOURCE_LINE:
			if (!take_line(r, &line, err))
				return false;
			break;
		case SOURCE_TOO_LONG:
			if (!take_item(r, &line, err))
				return false;
			break;
		case SOURCE_AGAIN:
			source_wait(r->source);
			break;
		case SOURCE_END:
			*ended = true;
			return true;
		case SOURCE_ERROR:
			return (r->part->first && r->items >= r->part->first) ||
			       error_set(err, "%s", source_error(r->source));
		}
	}
	return true;
}

static bool take_chosen(struct reading *r, struct error *err)
{
	struct buf text;
	bool good = true;

	sample_finish(&r->sample);
	buf_init(&text, SOURCE_MAX_LINE);
	for (size_t i = 0; good && i < r->sample.n; i++) {
		const struct sampled_line *l = &r->sample.at[i];

		good = (l->too_long || source_fetch(r->source, l->offset, l->len, &text, err)) &&
		       r->take(r->ctx,
			       &(struct source_line){l->too_long ? NULL : buf_str(&text), l->len,
				       l->offset, l->number},
			       err);
	}
	buf_free(&text);
	return good;
}

bool check_read(struct source *s, struct input_form *form, struct input_part *part,
	check_take *take, void *ctx, struct error *err)
{
	struct reading r = {.source = s, .form = form, .part = part, .take = take, .ctx = ctx};
	bool ended, good;

	sample_init(&r.sample, part->sample, part->seed);
	good = read_items(&r, &ended, err) && take_chosen(&r, err);
	sample_free(&r.sample);
	if (ended)
		part->of = r.items;
	return good;
}
