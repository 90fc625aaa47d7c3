/* The dashboard's part of the configuration file: [ui] theme, glyphs, columns and sort, [keys] KEY
 * = COMMAND. */
#ifndef SLUICE_UI_CONFIG_FILE_H
#define SLUICE_UI_CONFIG_FILE_H

#include <stdbool.h>

#include "base/error.h"
#include "port.h"
#include "ui.h"

struct config {
	char theme[256];             /* "": not set */
	enum ui_glyphs glyphs;       /* AUTO: not set */
	char columns[200], sort[40]; /* of the items; "": not set */
};

/* Reads a file, NULL the user's own, which may be missing, and binds its keys to commands of the
 * dashboard and of the port. Reports errors in lines of these two sections to warn, with file and
 * line; false and err when the file is unreadable. */
bool config_read(const char *path, const struct port *port, struct config *out,
	void (*warn)(void *ctx, const char *text), void *ctx, struct error *err);

/* Keeps columns and order of the items in that file, NULL the user's own: the lines of [ui] are
 * replaced or added, all others stay as they are. False and err: it cannot be written. */
bool config_save(const char *path, const char *columns, const char *sort, struct error *err);

#endif
