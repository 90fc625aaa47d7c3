/* Lists of models, as the answers to GET /v1/models have them. Pure. */
#ifndef SLUICE_SERVE_MODEL_LIST_H
#define SLUICE_SERVE_MODEL_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of a model's name and of what is told about it; longer ones are left out. */
enum { MODEL_TEXT_MAX = 256, MODEL_LIST_MAX = 10000 };

struct model {
	char *id;          /* owned, as the others */
	char *owner;       /* "owned_by"; NULL: unknown */
	char *shown;       /* "display_name"; NULL */
	char *since;       /* "created_at", as Anthropic's API has it; NULL */
	int64_t created_s; /* "created", seconds since 1970; 0: unknown */
};

/* Zeroed: without models. */
struct model_list {
	struct model *at;
	size_t n, cap;
};

void model_list_free(struct model_list *l);
/* Adds a model of this name only; a name with a comma or a control character is none. */
void model_list_add(struct model_list *l, const char *id, size_t len);
/* Adds the models of from. */
void model_list_add_all(struct model_list *l, const struct model_list *from);
/* Adds the models of a page: {"data":[{"id":…},…]}, as OpenAI's and Anthropic's APIs give them, or
 * the list alone. next gets the id that the next page begins after, "" when there is none. False:
 * it is no such list. */
bool model_list_add_page(
	struct model_list *l, const char *body, size_t len, char next[MODEL_TEXT_MAX]);
/* Puts them in the order of their names, each once: what was added first stays. */
void model_list_sort(struct model_list *l);
/* The model of this name, in a sorted list; NULL. */
const struct model *model_list_find(const struct model_list *l, const char *id, size_t len);
/* The same, or one that servers take by this name, too: see model_name.h. */
bool model_list_has(const struct model_list *l, const char *id, size_t len);

#endif
