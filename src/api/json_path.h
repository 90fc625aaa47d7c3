/* A value inside of a parsed JSON document by its path. Pure. */
#ifndef SLUICE_API_JSON_PATH_H
#define SLUICE_API_JSON_PATH_H

#include <jansson.h>

/* Member names and array places parted by dots: "choices.0.finish_reason"; "" is v itself. Borrowed
 * from v; NULL when there is none. */
const json_t *json_path(const json_t *v, const char *path);

#endif
