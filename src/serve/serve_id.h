/* Ids of files, batches and requests: unguessable, and safe in a path and in a URL. */
#ifndef SLUICE_SERVE_SERVE_ID_H
#define SLUICE_SERVE_SERVE_ID_H

#include <stdbool.h>

enum { SERVE_ID_SIZE = 48, SERVE_ID_RANDOM = 24 };

/* Makes an id: the prefix (at most 20 characters), and SERVE_ID_RANDOM random letters and digits,
 * 142 bits. */
void serve_id_make(char out[SERVE_ID_SIZE], const char *prefix);
/* May the text be one? It has letters, digits, _ and - only, and fits. */
bool serve_id_valid(const char *text);

#endif
