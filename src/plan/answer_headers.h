/* Which headers of the user may change an answer: all but those that say who asks, trace a request,
 * or concern the connection. Pure. */
#ifndef SLUICE_PLAN_ANSWER_HEADERS_H
#define SLUICE_PLAN_ANSWER_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* May the header of this name change what is answered? Keys and tokens do not. */
bool answer_header(const char *name, size_t len);
/* A hash of those among "Name: value" lines (NULL-terminated; NULL: none), whatever their order,
 * the case of their names and the blanks around values. origins: an origin and a blank stand before
 * each line. 0: there are none. */
uint64_t answer_headers_hash(char *const *lines, bool origins);

#endif
