/* Shared by the files of the control API. */
#ifndef SLUICE_CONTROL_API_IMPL_H
#define SLUICE_CONTROL_API_IMPL_H

#include "base/json_writer.h"
#include "control/api.h"

/* The most rows, and bytes of a body, that one answer holds. */
enum { ROWS_AT_ONCE = 200, CONTENT_MAX = 1 << 20 };

/* api_items.c: GET /v1/items, /v1/items/LINE, /v1/errors */
void api_get_items(const struct api *api, const struct api_request *r, struct api_answer *a);
void api_get_item(const struct api *api, const struct api_request *r, struct api_answer *a);
void api_get_errors(const struct api *api, const struct api_request *r, struct api_answer *a);
/* api_events.c: GET /v1/events */
void api_get_events(const struct api *api, const struct api_request *r, struct api_answer *a);
/* api_commands.c: GET and POST /v1/commands */
void api_get_commands(const struct api *api, const struct api_request *r, struct api_answer *a);
void api_post_command(const struct api *api, const struct api_request *r, struct api_answer *a);

#endif
