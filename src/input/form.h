/* The form of an input by its first bytes, whatever its name says. Pure. */
#ifndef SLUICE_INPUT_FORM_H
#define SLUICE_INPUT_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "input/bytes.h"

/* Bytes that are enough to tell a form. */
enum { FORM_HEAD = 64 << 10 };

enum form {
	FORM_MORE,    /* more bytes are needed */
	FORM_TEXT,    /* lines that end with LF or CRLF; at least the first one is there */
	FORM_WRAPPED, /* a reader makes lines of it, or the next form */
	FORM_FOREIGN, /* nothing that is read here */
};

struct form_found {
	enum form form;
	const char *name;     /* "gzip", "UTF-16 (little endian)"; static; NULL for text */
	const char *remedy;   /* of a foreign form: a command; FILE stands for its name */
	bytes_reader *reader; /* of a wrapped one */
};

/* Tells the form of an input from its first len bytes. whole: there are no more, or there are
 * FORM_HEAD: then it is never FORM_MORE. More bytes never change what it told. */
struct form_found form_of(const char *head, size_t len, bool whole);

/* False, and err says what the file is and what to do. */
bool form_refuse(const struct form_found *found, const char *name, struct error *err);
/* Replaces each FILE of a remedy by the name, where a shell takes it as it is. */
void form_remedy(const char *remedy, const char *name, char *out, size_t size);

/* Is the text not UTF-8 anywhere where it has bytes above 127? Then it is in the coding of an older
 * system. A character that the end of the text cuts does not count. */
bool form_is_latin1(const char *text, size_t len);

#endif
