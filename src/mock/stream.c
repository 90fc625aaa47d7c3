#include "mock/stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "mock/bodies.h"

static void reserve_ends(struct stream *s, int n)
{
	if (n > s->cap) {
		s->ends = xrealloc(s->ends, (size_t)n, sizeof(*s->ends));
		s->cap = n;
	}
	s->n = n;
}

/* The length of the character or escape at a place inside a JSON string. */
static size_t letter_len(const char *at)
{
	size_t n = 1;

	if (*at == '\\')
		return at[1] == 'u' ? 6 : 2;
	while (((unsigned char)at[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* The text of a choice, and how much of it is written. */
struct part {
	struct buf text;
	size_t from;
};

static struct part *parts_new(const struct call *c)
{
	struct part *parts = xcalloc((size_t)call_choices(c), sizeof(*parts));

	for (int i = 0; i < call_choices(c); i++) {
		buf_init(&parts[i].text, SIZE_MAX / 2);
		if (c->tool.at) {
			/* without its quotes */
			json_add_string(&parts[i].text, c->arguments, strlen(c->arguments));
			parts[i].text.len--;
			parts[i].from = 1;
		} else {
			body_text(c, i, &parts[i].text);
		}
	}
	return parts;
}

/* The piece of this number of a choice, up to its share of the text. */
static void write_piece(const struct call *c, const struct form *form, struct part *p, int number,
	int pieces, struct events *e)
{
	size_t to = p->from;

	while (to < p->text.len * (size_t)(number + 1) / (size_t)pieces)
		to += letter_len(p->text.data + to);
	if (to > p->from || number == 0)
		form->piece(c, buf_str(&p->text) + p->from, to - p->from, e);
	p->from = to;
}

void stream_write(const struct call *c, int64_t created_s, int pieces, struct stream *s)
{
	const struct form *form = body_form(c->kind);
	struct part *parts = parts_new(c);
	struct events e = {.out = &s->text, .created_s = created_s};
	size_t longest = 0;

	for (int k = 0; k < call_choices(c); k++)
		if (parts[k].text.len - parts[k].from > longest)
			longest = parts[k].text.len - parts[k].from;
	if ((size_t)pieces > longest)
		pieces = (int)longest;
	if (pieces < 1)
		pieces = 1;
	reserve_ends(s, pieces);
	buf_clear(&s->text);
	form->start(c, &e);
	for (int i = 0; i < pieces; i++) {
		for (e.choice = 0; e.choice < call_choices(c); e.choice++)
			write_piece(c, form, &parts[e.choice], i, pieces, &e);
		if (i == pieces - 1)
			form->finish(c, &e);
		s->ends[i] = s->text.len;
	}
	for (int k = 0; k < call_choices(c); k++)
		buf_free(&parts[k].text);
	free(parts);
}

void stream_free(struct stream *s)
{
	buf_free(&s->text);
	free(s->ends);
}
