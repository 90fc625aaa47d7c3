/* The template language: JSON with {{field}} placeholders. Pure.
 *
 * {{user.name}} and {{tags.0}} are paths: member names and array indices separated by dots. Inside
 * a string a placeholder becomes text: the content of a string, the JSON of any other value.
 * Outside strings it becomes the JSON value itself. */
#ifndef SLUICE_API_TEMPLATE_H
#define SLUICE_API_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

/* Most bytes of a filled template. */
enum { TEMPLATE_FILLED_MAX = 256 << 20 };

struct template;

/* Reads a template; the text is copied. NULL and err, with the line, when it is not a JSON object
 * once its placeholders are filled, or a placeholder is empty or not closed. Free with
 * template_free(). */
struct template *template_new(const char *text, size_t len, struct error *err);
/* Reads the request line of a pipeline's stage. Placeholders may have a prefix: "{{json PATH}}", as
 * the whole of a string, is replaced by the JSON value; {{url PATH}} becomes percent-encoded text.
 */
struct template *template_new_stage(const char *text, size_t len, struct error *err);
void template_free(struct template *t);
/* Calls visit with the path of each placeholder until it returns false; then returns false. */
bool template_each_path(
	const struct template *t, bool (*visit)(void *ctx, const char *path), void *ctx);
/* A hash of the template's text. */
uint64_t template_hash(const struct template *t);

/* Appends the value of a placeholder: a string's content (*is_text), or JSON text. False and err
 * when there is none. */
typedef bool template_lookup(
	void *ctx, const char *path, bool *is_text, struct buf *value, struct error *err);
/* Appends the filled template; lookup NULL: filled with samples. False and err when a value is
 * missing or it does not fit. */
bool template_fill(const struct template *t, template_lookup *lookup, void *ctx, struct buf *out,
	struct error *err);

#endif
