/* A file name for an item's id. Ids come from outside: "../x", "a/b" and ".profile" are names like
 * any other. Pure. */
#ifndef SLUICE_EXPORT_FILE_NAME_H
#define SLUICE_EXPORT_FILE_NAME_H

#include <stddef.h>

enum { FILE_NAME_SIZE = 256 };

/* The id itself where that is safe everywhere. Else its other characters become _, it is cut, and a
 * hash of the id follows, so that two ids never have one name. ending: ".txt". */
void file_name_of(const char *id, size_t len, const char *ending, char out[FILE_NAME_SIZE]);

#endif
