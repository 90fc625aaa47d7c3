/* A pipeline: stages that each send one request for an item, ordered by the stages that each one
 * follows. It is read and checked before anything is sent.
 *
 *	{"stages": {"extract": {"body": {"model": "small", "input": "{{row.title}}"}},
 *	            "answer": {"after": ["extract"], "when": "extract.json.found == true",
 *	                       "body": {"input": "{{extract.text}}"}}}}
 *
 * Members of a stage: body, method, url, headers (the request; body or url is needed), endpoint,
 * provider, model, concurrency, rpm, tpm, max_attempts, after (a name or a list), when,
 * finish_when. Stages without a path between them run at the same time for one item. A placeholder
 * becomes text; "{{json PATH}}", the whole of a string, the JSON value itself. In a url it is
 * percent-encoded unless it stands at its very beginning. */
#ifndef SLUICE_FLOW_PIPELINE_H
#define SLUICE_FLOW_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "flow/expr.h"

enum {
	PIPELINE_MAX_STAGES = 16, /* each has its own lane */
	PIPELINE_MAX_NAME = 32,
	PIPELINE_MAX_FILE = 4 << 20,
};

/* Texts are owned, NULL when not given; body and headers are JSON text from the file, with
 * their {{placeholders}}. */
struct stage {
	char name[PIPELINE_MAX_NAME];
	char *method, *url, *headers, *body;
	char *endpoint, *provider, *model;
	int64_t concurrency, max_attempts; /* 0: as the run's option says */
	double rpm, tpm;                   /* 0: as the run's option says */
	uint32_t after;                    /* a bit for each stage it directly follows */
	uint32_t ancestors;                /* a bit for each stage before it */
	struct expr when, finish_when;
};

/* Stages stand after their ancestors, otherwise in the file's order. */
struct pipeline {
	struct stage stage[PIPELINE_MAX_STAGES];
	int n;
};

/* What a path means in a pipeline: "row.a.b" or "a.b" a member of the row, "STAGE.text" the text a
 * model answered, "STAGE.json.a" of that text read as JSON, "STAGE.body.a" of the whole answer
 * ("STAGE.body" also of an answer that is not JSON), "STAGE.status" its HTTP status. A stage hides
 * a member of the row with its name, which row.NAME still means. */
enum place_kind { PLACE_ROW, PLACE_TEXT, PLACE_JSON, PLACE_BODY, PLACE_STATUS };

struct place {
	enum place_kind kind;
	int stage;        /* -1: the row */
	const char *path; /* the rest of the path, "" for the whole; borrowed from it */
};

/* Reads a pipeline from memory. False and err, which names the stage, when it is not valid JSON,
 * has unknown members or names, or cycles. stage_requests_init() checks its requests. Free with
 * pipeline_free() in either case. */
bool pipeline_parse(const char *text, size_t len, struct pipeline *out, struct error *err);
/* Reads a pipeline from a file, as above; err begins with the file's name. */
bool pipeline_load(const char *file, struct pipeline *out, struct error *err);
void pipeline_free(struct pipeline *p);

/* The index of a stage in p->stage; -1 when there is none. */
int pipeline_find(const struct pipeline *p, const char *name, size_t len);
/* Finds the place that a valid path means; false and err when it begins with a stage and continues
 * wrongly. */
bool pipeline_place(
	const struct pipeline *p, const char *path, struct place *out, struct error *err);

/* May a stage use this path? allowed: a bit for each stage whose answer it may use. False and err
 * when it is not a path, or names a stage that is not allowed or does not exist ("exract.text"). */
bool pipeline_path_valid(
	const struct pipeline *p, uint32_t allowed, const char *path, struct error *err);

#endif
