/* The template language: JSON with {{field}} placeholders. Pure.
 *
 * {{user.name}} and {{tags.0}} are paths: member names and array places parted by dots. Inside of a
 * string a placeholder becomes text: of a string its content, of anything else its JSON. Outside of
 * strings it becomes the JSON value itself. */
#ifndef SLUICE_API_TEMPLATE_H
#define SLUICE_API_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

/* Bytes of a filled template. */
enum { TEMPLATE_FILLED_MAX = 256 << 20 };

struct template;

/* NULL and err, with the line, when the text is no JSON object once its placeholders are filled, or
 * a placeholder is not closed or empty. The text is copied. */
struct template *template_new(const char *text, size_t len, struct error *err);
/* The request line of a pipeline's stage: template_fill() fills it in. A placeholder may say how:
 * "{{json PATH}}", the whole of a string, is replaced by the JSON value; {{url PATH}} becomes
 * percent-encoded text. */
struct template *template_new_stage(const char *text, size_t len, struct error *err);
void template_free(struct template *t);
/* Calls visit with each placeholder's path, as often as it stands there, until it returns false:
 * then false. */
bool template_each_path(
	const struct template *t, bool (*visit)(void *ctx, const char *path), void *ctx);
/* Tells two templates apart. */
uint64_t template_hash(const struct template *t);

/* Appends what a placeholder stands for to value: a string's content (*is_text), or JSON text.
 * False and err when there is no such thing. */
typedef bool template_lookup(
	void *ctx, const char *path, bool *is_text, struct buf *value, struct error *err);
/* Appends the filled template; look NULL: with samples. */
bool template_fill(const struct template *t, template_lookup *look, void *ctx, struct buf *out,
	struct error *err);

#endif
