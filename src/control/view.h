/* What the files of the engine's port share: view.c, rows.c, detail.c. */
#ifndef SLUICE_CONTROL_VIEW_H
#define SLUICE_CONTROL_VIEW_H

#include "core/engine_internal.h"

/* The port's snapshot. */
void engine_view_snapshot(struct engine *e, struct snapshot *out);
/* A base URL without the user and password it may hold, sanitised. */
void engine_view_url(const char *url, char *out, size_t size);

/* rows.c */
void engine_row(struct engine *e, uint32_t item, struct item_row *row);
size_t engine_rows(struct engine *e, const struct item_query *q, uint64_t offset,
	struct item_row *out, size_t n, struct rows_info *info);
bool engine_locate(struct engine *e, const struct item_query *q, uint64_t line, uint64_t *offset);

#endif
