/* Records by their ids: an array of pointers in the order of the ids, which are the first member of
 * each record. */
#ifndef SLUICE_SERVE_STORE_INDEX_H
#define SLUICE_SERVE_STORE_INDEX_H

#include <stddef.h>

struct store_index {
	void **at; /* borrowed */
	size_t n, cap;
};

/* NULL: there is none of this id. */
void *store_index_find(const struct store_index *index, const char *id);
/* Adds a record, whose id no other has. */
void store_index_add(struct store_index *index, void *record);
void store_index_remove(struct store_index *index, const char *id);
void store_index_free(struct store_index *index);

#endif
