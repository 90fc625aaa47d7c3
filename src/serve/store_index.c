#include "serve/store_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* Where the id is, or would be. */
static size_t place(const struct store_index *index, const char *id)
{
	size_t low = 0, high = index->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(index->at[middle], id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int is_at(const struct store_index *index, size_t i, const char *id)
{
	return i < index->n && !strcmp(index->at[i], id);
}

void *store_index_find(const struct store_index *index, const char *id)
{
	size_t i = place(index, id);

	return is_at(index, i, id) ? index->at[i] : NULL;
}

void store_index_add(struct store_index *index, void *record)
{
	size_t i = place(index, record);

	if (index->n == index->cap) {
		index->cap = index->cap ? 2 * index->cap : 64;
		index->at = xrealloc(index->at, index->cap, sizeof(*index->at));
	}
	memmove(&index->at[i + 1], &index->at[i], (index->n - i) * sizeof(*index->at));
	index->at[i] = record;
	index->n++;
}

void store_index_remove(struct store_index *index, const char *id)
{
	size_t i = place(index, id);

	if (!is_at(index, i, id))
		return;
	index->n--;
	memmove(&index->at[i], &index->at[i + 1], (index->n - i) * sizeof(*index->at));
}

void store_index_free(struct store_index *index)
{
	free(index->at);
	*index = (struct store_index){NULL, 0, 0};
}
