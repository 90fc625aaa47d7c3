/* One item from all sides: its request, its answer, its attempts; kept up to date while it runs. */
#ifndef SLUICE_UI_INSPECTOR_H
#define SLUICE_UI_INSPECTOR_H

#include "base/error.h"
#include "doc.h"
#include "list.h"
#include "port.h"

enum inspector_tab {
	TAB_TEXT, /* also beside a list */
	TAB_REQUEST,
	TAB_RESPONSE,
	TAB_ATTEMPTS,
	TAB_COUNT
};

struct inspector {
	uint64_t line; /* of the item; 0: none */
	struct item_row row;
	enum inspector_tab tab;
	bool unwrapped;
	int shift; /* cells hidden on the left, when unwrapped */
	struct doc doc;
	struct list list; /* of its lines */
	char find[160];
	size_t hit; /* the line where it was found last, from 1; 0: none */
	/* the source of doc */
	struct item_row read;
	enum inspector_tab read_tab;
	int cells;
};

void inspector_free(struct inspector *in);
/* Shows another item, from its top. */
void inspector_open(struct inspector *in, uint64_t line, enum inspector_tab tab);
/* Reads the text for rows x cells; remakes it only when the item or the width has changed. */
void inspector_refresh(struct inspector *in, const struct port *port, int rows, int cells);
/* Commands "scroll", "tab", "wrap", "shift"; false when it is none or its arguments are wrong. */
bool inspector_command(struct inspector *in, const char *name, const char *args);
/* Shows a match of the search text: the first from the top line on or, with next, the one after the
 * last match. False when there is none. */
bool inspector_find(struct inspector *in, bool next, bool backward);
/* "text", "request", "response", "attempts" */
const char *inspector_tab_name(enum inspector_tab tab);
/* "request-0017-response.json": the default file name for saving the tab, by the item's id as far
 * as a file can have it for its name. */
const char *inspector_file_name(const struct inspector *in, char *out, size_t size);
/* Writes the tab's text, with unchanged bodies, to a new file that only its owner can read. */
bool inspector_save(const struct inspector *in, const struct port *port, const char *path,
	uint64_t *bytes, struct error *err);

#endif
