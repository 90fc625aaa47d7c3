#include "input/sample.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/hash.h"

void sample_init(struct sample *s, size_t most, uint64_t seed)
{
	*s = (struct sample){.most = most, .seed = seed};
}

void sample_free(struct sample *s)
{
	free(s->at);
	*s = (struct sample){.at = NULL};
}

/* Does a go before b, if only one of them can be chosen? */
static bool goes_before(const struct sampled_line *a, const struct sampled_line *b)
{
	return a->hash != b->hash ? a->hash < b->hash : a->number < b->number;
}

static void swap(struct sampled_line *a, struct sampled_line *b)
{
	struct sampled_line c = *a;

	*a = *b;
	*b = c;
}

static void sift_up(struct sample *s, size_t i)
{
	while (i && goes_before(&s->at[(i - 1) / 2], &s->at[i])) {
		swap(&s->at[(i - 1) / 2], &s->at[i]);
		i = (i - 1) / 2;
	}
}

static void sift_down(struct sample *s)
{
	for (size_t i = 0, child; (child = 2 * i + 1) < s->n; i = child) {
		if (child + 1 < s->n && goes_before(&s->at[child], &s->at[child + 1]))
			child++;
		if (!goes_before(&s->at[i], &s->at[child]))
			return;
		swap(&s->at[i], &s->at[child]);
	}
}

void sample_offer(struct sample *s, const struct source_line *line)
{
	struct sampled_line l = {.offset = line->offset,
		.number = line->number,
		.len = line->len,
		.too_long = !line->text};

	/* one without text is hashed by its number */
	l.hash = line->text ? hash_wide(line->text, line->len, s->seed).low
			    : hash_wide(&line->number, sizeof(line->number), s->seed).low;
	s->lines++;
	if (s->n == s->most) {
		if (!goes_before(&l, &s->at[0]))
			return;
		s->at[0] = l;
		sift_down(s);
		return;
	}
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 64;
		s->at = xrealloc(s->at, s->cap, sizeof(*s->at));
	}
	s->at[s->n] = l;
	sift_up(s, s->n++);
}

static int by_number(const void *a, const void *b)
{
	const struct sampled_line *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

void sample_finish(struct sample *s)
{
	if (s->n)
		qsort(s->at, s->n, sizeof(*s->at), by_number);
}
