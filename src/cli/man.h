/* Man pages, made from the tables of options, commands, keys and journal events. */
#ifndef SLUICE_CLI_MAN_H
#define SLUICE_CLI_MAN_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/dashboard_lists.h"

/* Prints a page as roff: sluice(1) of "sluice", sluice-formats(5) of "formats", sluice-NAME(1) of
 * the name of a command. False: there is no such page. */
bool man_print(const char *page, const struct dashboard_lists *lists, FILE *out);
/* For man_print(): sluice-formats(5). */
void man_print_formats(const struct dashboard_lists *lists, FILE *out);

#endif
