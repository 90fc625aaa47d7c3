/* The dashboard's part of the configuration file: [ui] theme and glyphs, [keys] KEY = COMMAND. */
#ifndef SLUICE_UI_CONFIG_FILE_H
#define SLUICE_UI_CONFIG_FILE_H

#include <stdbool.h>

#include "base/error.h"
#include "port.h"
#include "ui.h"

struct config {
	char theme[256];       /* "": not said */
	enum ui_glyphs glyphs; /* AUTO: not said */
};

/* Reads a file, NULL the user's own, which need not be there; keys are bound as it says, to
 * commands of the dashboard and those of the port. Complaints about lines of these two sections go to
 * warn, with file and line; false and err when the file cannot be read. */
bool config_read(const char *path, const struct port *port, struct config *out,
	void (*warn)(void *ctx, const char *text), void *ctx, struct error *err);

#endif
