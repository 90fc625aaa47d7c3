/* The texts of the inspector's tabs, raw: they are sanitised when shown. */
#ifndef SLUICE_UI_INSPECTOR_TEXT_H
#define SLUICE_UI_INSPECTOR_TEXT_H

#include "inspector.h"
#include "tinted.h"

/* Room for heads and notes before and after a body that fills a text. */
enum { INSPECTOR_TEXT_MAX = 4 << 20 };

/* Appends a tab's text; all of it has roles. */
void inspector_text(struct tinted *out, const struct item_detail *d, enum inspector_tab tab);
/* Appends the side that is read: what the model said, what it was asked. */
void inspector_said(struct tinted *out, const struct item_detail *d);
/* Appends the texts of the answer as they came, without the thoughts of the model, for a pipeline
 * those of its last stage; else its body. */
void inspector_answer(const struct item_detail *d, struct buf *out);

/* Appends the body of the request to be edited, indented; false: there is none, or it is not JSON.
 */
bool inspector_request(const struct item_detail *d, struct buf *out);

/* Of several sides: the error, if there is one. */
void inspector_error(struct tinted *out, const struct item_detail *d);
/* JSON indented, all else as it came; of very long ones the beginning. none: what to say of NULL.
 */
void inspector_body(struct tinted *out, const char *body, size_t len, const char *none);
/* Why there is no answer. */
const char *inspector_lack(const struct item_detail *d);

#endif
