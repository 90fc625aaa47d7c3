/* Shared by the files of the control API. */
#ifndef SLUICE_CONTROL_API_IMPL_H
#define SLUICE_CONTROL_API_IMPL_H

#include "base/json_writer.h"
#include "control/api.h"

/* The most rows, and bytes of a body, that one answer holds. */
enum { ROWS_AT_ONCE = 200, CONTENT_MAX = 1 << 20 };

/* What a request for rows asks. */
struct api_list {
	struct item_query query;
	bool active; /* in place of the query: the list of those in flight and waiting */
	int64_t offset, limit;
};

/* api_items.c */
/* Reads filter, sort, descending, active, offset and limit. False, with the answer made, when one
 * of them cannot be. */
bool api_read_list(const struct api_request *r, struct api_list *out, struct api_answer *a);
/* The input line that the last word of the path is. False, with the answer made: it is none. */
bool api_read_line(const struct api_request *r, int64_t *line, struct api_answer *a);
/* GET /v1/items, /v1/items/LINE, /v1/errors */
void api_get_items(const struct api *api, const struct api_request *r, struct api_answer *a);
void api_get_item(const struct api *api, const struct api_request *r, struct api_answer *a);
void api_get_errors(const struct api *api, const struct api_request *r, struct api_answer *a);
/* api_watch.c: GET /v1/watch, the stream of a dashboard, and api_watch_reads.c what it asks for:
 * GET /v1/watch/rows, /v1/watch/row/LINE, /v1/watch/items/LINE, /v1/watch/errors,
 * /v1/watch/hits/GROUP, /v1/watch/usage, /v1/watch/chart, POST /v1/watch/attended */
void api_get_watch(const struct api *api, const struct api_request *r, struct api_answer *a);
void api_get_watch_rows(const struct api *api, const struct api_request *r, struct api_answer *a);
void api_get_watch_row(const struct api *api, const struct api_request *r, struct api_answer *a);
void api_get_watch_item(const struct api *api, const struct api_request *r, struct api_answer *a);
void api_get_watch_errors(const struct api *api, const struct api_request *r, struct api_answer *a);
void api_get_watch_hits(const struct api *api, const struct api_request *r, struct api_answer *a);
void api_get_watch_usage(const struct api *api, const struct api_request *r, struct api_answer *a);
void api_get_watch_chart(const struct api *api, const struct api_request *r, struct api_answer *a);
void api_post_attended(const struct api *api, const struct api_request *r, struct api_answer *a);
/* api_events.c: GET /v1/events */
void api_get_events(const struct api *api, const struct api_request *r, struct api_answer *a);
/* api_commands.c: GET and POST /v1/commands */
void api_get_commands(const struct api *api, const struct api_request *r, struct api_answer *a);
/* Writes the member "commands". */
void api_put_commands(const struct api *api, struct json_writer *w);
void api_post_command(const struct api *api, const struct api_request *r, struct api_answer *a);

#endif
