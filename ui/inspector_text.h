/* What the inspector's tabs say about an item, as raw text: it is sanitised when it is shown. */
#ifndef SLUICE_UI_INSPECTOR_TEXT_H
#define SLUICE_UI_INSPECTOR_TEXT_H

#include "base/buf.h"
#include "inspector.h"

/* Heads and notes may stand before and behind a body that fills a text. */
enum { INSPECTOR_TEXT_MAX = 4 << 20 };

/* Appends a tab's text. */
void inspector_text(struct buf *out, const struct item_detail *d, enum inspector_tab tab);

#endif
