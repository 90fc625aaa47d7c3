/* The texts of the inspector's tabs, raw: they are sanitised when shown. */
#ifndef SLUICE_UI_INSPECTOR_TEXT_H
#define SLUICE_UI_INSPECTOR_TEXT_H

#include "inspector.h"
#include "tinted.h"

/* Room for heads and notes before and after a body that fills a text. */
enum { INSPECTOR_TEXT_MAX = 4 << 20 };

/* Appends a tab's text; all of it has roles. */
void inspector_text(struct tinted *out, const struct item_detail *d, enum inspector_tab tab);

#endif
