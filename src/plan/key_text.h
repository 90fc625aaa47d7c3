/* Is a text fit to be a key, or has something come along with it that a server would refuse? Pure.
 * Nothing here repeats any of it. */
#ifndef SLUICE_PLAN_KEY_TEXT_H
#define SLUICE_PLAN_KEY_TEXT_H

#include <stdbool.h>

#include "base/error.h"

/* Takes blanks and line breaks away from both ends, in place. */
void key_text_trim(char *key);
/* The error of a trimmed key: a byte order mark, quotes, the name of its variable, "Bearer" in
 * front, any character but printable ASCII. NULL: none. */
const char *key_text_fault(const char *key);
/* Is it "Name: value", a name as RFC 9110 has it and a value without control characters? */
bool key_text_is_header(const char *line);
/* Trims the value of a header that is a secret; false and err when it is malformed. */
bool key_text_check_header(char *line, struct error *err);

#endif
