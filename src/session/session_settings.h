/* The settings that change the requests: written into the journal's start record, and compared when
 * a later session resumes. */
#ifndef SLUICE_SESSION_SESSION_SETTINGS_H
#define SLUICE_SESSION_SESSION_SETTINGS_H

#include "api/rows.h"
#include "base/buf.h"
#include "ledger/sent_settings.h"
#include "plan/credentials.h"
#include "plan/pipeline_load.h"
#include "plan/secrets.h"
#include "plan/settings.h"

/* Hashes of all endpoints. */
struct endpoint_marks {
	uint64_t addresses; /* of several; 0: there is one */
	uint64_t keys;      /* of the places where their keys are from; 0: not known yet */
};

/* Appends the members of the start record: pid, version, input, command line, settings; none of the
 * secrets. */
void session_settings_describe(const struct session_endpoint *e,
	const struct run_settings *settings, const struct endpoint_marks *marks,
	const struct rows *rows, const struct session_pipeline *pipeline,
	const struct secrets *secrets, struct buf *fields);
/* Fills out with those of its settings that change what is sent. */
void session_settings_sent(const struct session_endpoint *e, const struct run_settings *settings,
	const struct rows *rows, const struct session_pipeline *pipeline,
	struct sent_settings *out);
/* Appends, for people, the differences between two start records (JSON objects); nothing when there
 * are none or a record lacks the setting. True: some may change the requests. */
bool session_settings_compare(const char *before, const char *now, struct buf *out);

/* Adds how the input is read. */
void session_settings_form(const char *form, struct buf *fields);
/* Marks the start record of a session that has other settings than one before it, */
void session_settings_mix(struct buf *fields);
/* and reports whether one has the mark: records after it keep it. */
bool session_settings_mixed(const char *before);

#endif
