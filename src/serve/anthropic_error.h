/* The words of Anthropic's errors. */
#ifndef SLUICE_SERVE_ANTHROPIC_ERROR_H
#define SLUICE_SERVE_ANTHROPIC_ERROR_H

/* "not_found_error" of 404, and so on. */
const char *anthropic_error_type(int status);

#endif
