/* The summary of a run, as lines for after its end. */
#ifndef SLUICE_UI_SUMMARY_H
#define SLUICE_UI_SUMMARY_H

#include "base/lines.h"
#include "port.h"

void summary_print(const struct port *port, struct lines *out);

#endif
