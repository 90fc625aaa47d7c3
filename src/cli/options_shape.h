/* Text of a certain shape, as the rows of the table ask for it. */
#ifndef SLUICE_CLI_OPTIONS_SHAPE_H
#define SLUICE_CLI_OPTIONS_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

/* Is the value one? */
bool shape_url(const char *value);
bool shape_header(const char *value);
bool shape_window(const char *value);
bool shape_address(const char *value);
bool shape_run_name(const char *value);
bool shape_listen(const char *value);
bool shape_name(const char *value);
bool shape_stop_on_errors(const char *value);
bool shape_price(const char *value);
bool shape_path(const char *value);
bool shape_command(const char *value);
bool shape_endpoint(const char *value);
bool shape_expect(const char *value);
bool shape_sample(const char *value);

/* Reads "N/SECONDS"; false when the value is not of that shape. */
bool option_read_window(const char *value, int *count, int64_t *window_us);
/* Reads "N[,SEED]"; the seed is 1 unless it is given. */
bool option_read_sample(const char *value, uint64_t *n, uint64_t *seed);
/* "N", or "N%" as a share of 1; the other one is 0. */
bool option_read_stop_on_errors(const char *value, int *count, double *share);

#endif
