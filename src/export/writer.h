/* Writes items in the format of an export, front to back into a buffer that the caller empties.
 * Pure. */
#ifndef SLUICE_EXPORT_WRITER_H
#define SLUICE_EXPORT_WRITER_H

#include "export/columns.h"
#include "export/settings.h"

/* The longest cell that Excel keeps whole, and its last row.
 * https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3 */
enum { SHEET_CELL_MAX = 32767, SHEET_ROWS_MAX = 1048576 };

struct export_writer {
	enum export_format format; /* never EXPORT_AUTO */
	struct columns *columns;   /* borrowed */
	struct buf *out;           /* borrowed */
	bool bom, guard, with_input;
	uint64_t items, long_cells; /* written; cells that a spreadsheet cuts off */
};

/* The beginning of a file, items, the end. False when out is full: one item is too large. */
bool export_writer_begin(struct export_writer *w);
bool export_writer_item(struct export_writer *w, struct facts *f);
bool export_writer_end(struct export_writer *w);
/* Only the item, as the whole content of a file of its own: its text or its object. */
bool export_writer_alone(struct export_writer *w, struct facts *f);

#endif
