/* A line of RESULTS or the errors file read back whole, for the inspector. Pure. */
#ifndef SLUICE_LEDGER_RESULT_VIEW_H
#define SLUICE_LEDGER_RESULT_VIEW_H

#include "api/response.h"
#include "base/json.h"
#include "ledger/cost_record.h"

/* Spans borrow from the line; absent or null members have at = NULL. */
struct result_view {
	bool answered; /* there was an HTTP answer */
	int status;
	struct json_span request_id, body, metadata, stages;
	bool body_is_text;              /* body is a string that holds a body which is no JSON */
	struct json_span code, message; /* of an error that was no HTTP answer */
	int64_t attempts, latency_us, first_byte_us; /* -1: not reported */
	bool cached;                                 /* an earlier run's answer */
	int64_t same_as_line, packed;                /* as in the record */
	int64_t first_token_us, tokens_per_1000_s;   /* as in the record */
	struct cost_record cost;                     /* with its model, as it stands */
	struct json_span endpoint;                   /* a string; at NULL: none is named */
};

/* False when it is no such line. */
bool result_view_parse(const char *line, size_t len, struct result_view *out);
/* Appends the answer's body as it came. */
void result_view_body(const struct result_view *v, struct buf *out);
/* Appends a string span decoded; nothing when it is none. */
void result_view_text(struct json_span v, struct buf *out);
/* The error, with its original code and message. */
void result_view_judge(const struct result_view *v, struct verdict *out);

#endif
