/* Text for terminals: the sanitiser for all text from outside, and numbers as people read them. */
#ifndef SLUICE_BASE_TEXT_H
#define SLUICE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies in to out (NUL-terminated, cut at a character) so that it is valid UTF-8 and harmless to a
 * terminal: C0, C1, DEL, bidi and zero-width controls, line and paragraph separators and invalid
 * bytes become visible escapes (\n, \x1b, \u202e). What only joins pictures, as those of a family,
 * is left out. Returns the length written. */
size_t text_sanitise(char *out, size_t size, const char *in, size_t len);
/* The same as one line: white space becomes single spaces, none at the ends. Reads at most the
 * first 512 characters that remain. */
void text_one_line(char *out, size_t size, const char *text, size_t len);

/* Reads one UTF-8 character; returns its length in bytes, 0 when the bytes are not valid UTF-8 (RFC
 * 3629: no overlong forms, no surrogates, at most U+10FFFF). len > 0. */
size_t text_utf8(const char *in, size_t len, uint32_t *code);

/* What to do with text in another coding, for messages. */
#define TEXT_TO_UTF8 "iconv -f WINDOWS-1252 -t UTF-8 FILE converts the coding of older systems"
/* Is all of the text UTF-8? */
bool text_is_utf8(const char *text, size_t len);

/* The width of sanitised text in terminal cells; a control character, as that of a role, takes
 * none. */
int text_cells(const char *text);
/* Copies the part of sanitised text that fits into the cells (a cut shows as `~` in the last cell);
 * returns the cells used. */
int text_cut(char *out, size_t size, const char *text, int cells);

/* 812 · 8.2k · 12.6M · 3.4G: at most 5 characters. */
const char *text_count(double n, char *out, size_t size);
/* A limit as exact as it was set: 0.25 · 165.6 · 12345 · 60k · 1M; thousands and millions only when
 * they are whole. n >= 0. */
const char *text_limit(double n, char *out, size_t size);
/* $0.00 · < $0.01 · $18.42 · $1.2k from ten thousand on; "?" when negative: not known. */
const char *text_usd(double usd, char *out, size_t size);
/* 0.4ms · 12ms · 640ms · 3.1s · 41s · 2m05s · 3h07m: at most 6 characters; "-" when negative. */
const char *text_latency(int64_t us, char *out, size_t size);
/* 0:41 · 12:05 · 1:02:33, whole seconds. */
const char *text_age(int64_t us, char *out, size_t size);
/* 00:14:22; days in front when needed: 2d 03:04:05. */
const char *text_clock(int64_t us, char *out, size_t size);
/* 512 B · 1.2 KB · 3.4 MB (powers of 1024). */
const char *text_bytes(double bytes, char *out, size_t size);

#endif
